/** Korean texts, with the files and keys of `en/`. */
import { app } from './app';
import { chat } from './chat';
import { compose } from './compose';
import { crash } from './crash';
import { errors } from './errors';
import { limits } from './limits';
import { line } from './line';
import { model } from './model';
import { prompts } from './prompts';
import { sessions } from './sessions';
import { settings } from './settings';
import { sources } from './sources';

export const ko = { app, chat, compose, crash, errors, limits, line, model, prompts, sessions, settings, sources };
