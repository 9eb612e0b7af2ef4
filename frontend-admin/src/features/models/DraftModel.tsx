/** Which small model guesses ahead for this one, if any. */
import { useTranslate } from 'react-admin';
import type { ModelRow } from '@/shared/api/models';
import { draftModelsFor } from './draft';
import { ChoiceField, type PartProps } from './formParts';

export function DraftModel({ model, all, draft, change }: PartProps & { model: ModelRow; all: ModelRow[] }) {
  const translate = useTranslate();
  const say = (key: string) => translate(`maru.models.form.${key}`);
  const names = draftModelsFor(model, all);
  const isChoice = names.length > 0 || draft.draft_model !== '';
  return (
    <ChoiceField
      help={say(isChoice ? 'draft_model_help' : 'no_draft_models')}
      label={say('draft_model')}
      names={names}
      none={say('draft_model_none')}
      onChange={(draft_model) => change({ draft_model })}
      value={draft.draft_model}
    />
  );
}
