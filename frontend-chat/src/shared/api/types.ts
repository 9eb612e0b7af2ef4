/** Rows as the server sends them (PROTOCOL §1 and §3). Times are ISO 8601 UTC, ids are integers. */

export type Role = 'system' | 'user' | 'assistant';
export type Status = 'queued' | 'streaming' | 'complete' | 'stopped' | 'interrupted' | 'failed';
export type Feedback = -1 | 0 | 1;
export type Language = '' | 'ko' | 'en';
export type ThemeMode = 'system' | 'light' | 'dark';

export interface Message {
  id: number;
  session: number;
  parent_id: number | null;
  role: Role;
  is_user: boolean;
  content: string;
  status: Status;
  finish_reason: string | null;
  error_code: string | null;
  timestamp: string;
  edited_at: string | null;
  token_count: number | null;
  processing_time: number | null;
  model: string;
  feedback: Feedback;
  siblings: number[];
}

export interface Session {
  id: number;
  title: string;
  pinned: boolean;
  archived: boolean;
  folder: string;
  is_temporary: boolean;
  active_leaf: number | null;
  created_at: string;
  updated_at: string;
  last_activity_at: string;
}

export interface User {
  id: number;
  username: string;
  email: string;
  display_name: string;
  language: Language;
  theme: ThemeMode;
  is_staff: boolean;
}

export interface SetupState {
  needs_setup: boolean;
  needs_code: boolean;
  registration: 'open' | 'closed' | 'invite';
}

export interface SessionConfig {
  temperature: number | null;
  top_p: number | null;
  max_tokens: number | null;
  system_prompt: string;
  model: string;
}

export interface ModelCard {
  id: string;
  engine: string;
  n_ctx: number;
  is_loaded: boolean;
  is_default: boolean;
  is_starter: boolean;
  description: string;
}

export interface EngineState {
  engine: string;
  state: 'starting' | 'ready' | 'no_model' | 'down';
  detail: string;
}

export interface Page<Row> {
  next: string | null;
  results: Row[];
}
