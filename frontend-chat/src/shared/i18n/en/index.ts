/**
 * English texts, one file per feature; `ko/` has the same files and keys: a test compares them. These come with the chat page;
 * texts of what is loaded lazily belong into `later.ts`.
 */
import { app } from './app';
import { chat } from './chat';
import { compose } from './compose';
import { crash } from './crash';
import { errors } from './errors';
import type { later } from './later';
import { limits } from './limits';
import { line } from './line';
import { model } from './model';
import { prompts } from './prompts';
import { sessions } from './sessions';
import { settings } from './settings';
import { sources } from './sources';

export const en = { app, chat, compose, crash, errors, limits, line, model, prompts, sessions, settings, sources };

type Texts<Tree> = { [Key in keyof Tree]: Tree[Key] extends string ? string : Texts<Tree[Key]> };
export type English = typeof en & typeof later;
export type Catalogue = Texts<English>;
