/** What a person reads of an error: the server's sentence (it knows the details), else ours for the code. */
import type { TFunction } from 'i18next';
import i18next from 'i18next';
import type { Catalogue } from './en';

type Code = keyof Catalogue['errors'];

function isKnown(code: string): code is Code {
  return i18next.exists(`errors.${code}`);
}

export function problemText(t: TFunction, problem: { code: string; detail?: string; message?: string }): string {
  const detail = problem.detail ?? problem.message ?? '';
  if (detail !== '') return detail;
  return t(`errors.${isKnown(problem.code) ? problem.code : 'error'}`);
}

/** The server's sentence has names and figures that ours has not. */
const TOLD_BETTER: readonly string[] = [
  'engine_failed',
  'engine_malformed',
  'engine_not_found',
  'engine_refused',
  'invalid_image',
  'model_does_not_fit',
] satisfies Code[];

/**
 * The same for what came over the socket: the server wrote it without knowing this page's language, so our own words for a
 * code we know come first.
 */
export function frameProblemText(t: TFunction, problem: { code: string; detail?: string }): string {
  const isTold = TOLD_BETTER.includes(problem.code) && problem.detail;
  return isKnown(problem.code) && !isTold ? t(`errors.${problem.code}`) : problemText(t, problem);
}
