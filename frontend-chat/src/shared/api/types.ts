/** Rows of the server under short names. Their shapes are generated from docs/openapi.yml (`npm run gen:api`), never by hand. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Message = Schemas['MessageRow'];
export type ComparisonSide = NonNullable<Message['comparison']>;
export type Verdict = NonNullable<ComparisonSide['verdict']>;
export type ToolCall = Schemas['ToolCallRow'];
export type MessageDetail = Schemas['MessageDetailRow'];
export type Metadata = Schemas['MetadataRow'];
export type Recalled = Metadata['recall'][number];
export type Session = Schemas['SessionRow'];
export type SessionConfig = Schemas['ConfigRow'];
export type User = Schemas['User'];
export type SetupState = Schemas['Setup'];
export type ModelCard = Schemas['ModelCard'];
export type EngineStats = Schemas['EngineStats'];
export type Persona = Schemas['PersonaRow'];
export type Prompt = Schemas['PromptRow'];
export type PromptVersion = Schemas['VersionRow'];
export type Hit = Omit<Schemas['HitRow'], 'ranges'> & { ranges: number[][] };
export type Share = Schemas['ShareRow'];
export type ErrorBody = Schemas['Error'];

export type Feedback = Message['feedback'];
export type ThemeMode = Schemas['ThemeEnum'];

export interface Page<Row> {
  next: string | null;
  results: Row[];
}
