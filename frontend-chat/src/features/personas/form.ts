/** The editor's fields, as text; to and from what the server takes. Pure. */
import type { PersonaInput } from '@/shared/api/library';
import type { Persona } from '@/shared/api/types';

export interface PersonaFields {
  name: string;
  avatar: string;
  description: string;
  greeting: string;
  context: string;
  style: string;
  model: string;
  temperature: string;
  suggestions: string;
  isShared: boolean;
}

export const NEW_PERSONA: PersonaFields = {
  name: '',
  avatar: '',
  description: '',
  greeting: '',
  context: '',
  style: '',
  model: '',
  temperature: '',
  suggestions: '',
  isShared: false,
};

export function fieldsOf(persona: Persona): PersonaFields {
  const { temperature } = persona.sampling;
  return {
    name: persona.name,
    avatar: persona.avatar,
    description: persona.description,
    greeting: persona.greeting,
    context: persona.context,
    style: persona.style,
    model: persona.model,
    temperature: typeof temperature === 'number' ? String(temperature) : '',
    suggestions: persona.suggested_prompts.join('\n'),
    isShared: persona.is_shared,
  };
}

/** `before`: the persona that is changed, whose other sampling parameters stay. */
export function inputOf(fields: PersonaFields, before: Persona | null): PersonaInput {
  const { temperature: _old, ...others } = before?.sampling ?? {};
  const temperature = fields.temperature.trim() === '' ? {} : { temperature: Number(fields.temperature) };
  return {
    name: fields.name,
    avatar: fields.avatar.trim(),
    description: fields.description,
    greeting: fields.greeting,
    context: fields.context,
    style: fields.style,
    model: fields.model.trim(),
    sampling: { ...others, ...temperature },
    suggested_prompts: fields.suggestions
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    ...(fields.isShared || before?.is_shared ? { is_shared: fields.isShared } : {}),
  };
}
