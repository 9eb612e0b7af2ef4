/** The settings form as texts, and what of it has changed as the server takes it. Pure. */
import type { ModelRow, ModelSettings } from '@/shared/api/models';

export const NUMBERS = ['n_ctx', 'n_slots', 'n_threads', 'niceness', 'n_gpu_layers'] as const;
export const SAMPLING = ['temperature', 'top_p', 'top_k', 'min_p', 'repeat_penalty', 'max_tokens'] as const;
export const FLASH = ['auto', 'on', 'off'] as const;
export const KV_TYPES = ['f16', 'q8_0', 'q4_0'] as const;

/** Of an adapter that nobody said more of: as it was made. */
export const STRENGTH = 1;

type NumberName = (typeof NUMBERS)[number];
type SamplingName = (typeof SAMPLING)[number];

/** Empty texts mean: as the house says. `lora`: strength by name; a name that is not there is not put on. */
export interface Draft {
  numbers: Record<NumberName, string>;
  sampling: Record<SamplingName, string>;
  flash_attention: (typeof FLASH)[number] | '';
  kv_type: (typeof KV_TYPES)[number] | '';
  keeps_loaded: boolean;
  chat_template: string;
  template_text: string;
  lora: Record<string, string>;
  projector: string;
  draft_model: string;
}

const textOf = (value: unknown) => (typeof value === 'number' ? String(value) : '');
const filled = <Name extends string>(names: readonly Name[], from: Partial<Record<Name, unknown>>) =>
  Object.fromEntries(names.map((name) => [name, textOf(from[name])])) as Record<Name, string>;

export function draftOf(settings: ModelSettings): Draft {
  return {
    numbers: filled(NUMBERS, settings),
    sampling: filled(SAMPLING, settings.sampling ?? {}),
    flash_attention: settings.flash_attention ?? '',
    kv_type: settings.kv_type ?? '',
    keeps_loaded: settings.keeps_loaded ?? false,
    chat_template: settings.chat_template ?? '',
    template_text: settings.template_text ?? '',
    lora: Object.fromEntries((settings.lora ?? []).map((pair) => [String(pair[0]), String(pair[1])])),
    projector: settings.projector ?? '',
    draft_model: settings.draft_model ?? '',
  };
}

function settingsOf(draft: Draft): Partial<ModelSettings> {
  const numbers = Object.fromEntries(
    NUMBERS.map((name) => [name, draft.numbers[name] === '' ? null : Number(draft.numbers[name])]),
  );
  const sampling = Object.fromEntries(
    SAMPLING.filter((name) => draft.sampling[name] !== '').map((name) => [name, Number(draft.sampling[name])]),
  );
  const lora = Object.entries(draft.lora).map(([name, strength]) => [
    name,
    strength === '' ? STRENGTH : Number(strength),
  ]);
  const { flash_attention, kv_type, keeps_loaded, chat_template, template_text, projector, draft_model } = draft;
  return {
    ...numbers,
    sampling,
    lora,
    flash_attention: flash_attention || null,
    kv_type: kv_type || null,
    keeps_loaded,
    chat_template,
    template_text,
    projector,
    draft_model,
  };
}

/** What differs, whole values only: sampling and adapters are replaced as one. */
export function changesOf(before: Draft, after: Draft): Partial<ModelSettings> {
  const was = settingsOf(before);
  const changed = Object.entries(settingsOf(after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof ModelSettings]),
  );
  return Object.fromEntries(changed);
}

/** Who may guess ahead for a model: chat models of the models folder that are no larger. Whether the vocabulary fits its engine says. */
export function draftModelsFor(model: ModelRow, all: readonly ModelRow[]): string[] {
  const most = model.n_params ?? Infinity;
  return all
    .filter((one) => one.id !== model.id && one.kind === 'chat' && one.state !== 'unusable' && one.can_delete)
    .filter((one) => (one.n_params ?? 0) <= most)
    .map((one) => one.id);
}
