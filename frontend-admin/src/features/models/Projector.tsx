/** With which projector the model sees images, if with any. */
import { useTranslate } from 'react-admin';
import type { ModelList } from '@/shared/api/models';
import { ChoiceField, type PartProps } from './formParts';

export function Projector({ projectors, draft, change }: PartProps & { projectors: ModelList['projectors'] }) {
  const translate = useTranslate();
  const say = (key: string) => translate(`maru.models.form.${key}`);
  const isChoice = projectors.length > 0 || draft.projector !== '';
  return (
    <ChoiceField
      help={say(isChoice ? 'projector_help' : 'no_projectors')}
      label={say('projector')}
      names={projectors.map(({ name }) => name)}
      none={say('projector_none')}
      onChange={(projector) => change({ projector })}
      value={draft.projector}
    />
  );
}
