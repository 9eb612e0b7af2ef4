/** Who is signed in and the texts, asked before the rest is evaluated: the first picture is then the page itself, not its skeleton. */
import { meQuery } from '@/shared/api/me';
import { texts } from '@/shared/i18n';
import { makeQueryClient } from './queryClient';

const WAIT_MS = 400; // a slower answer finds the skeleton

export const queries = makeQueryClient();
const asked = queries.prefetchQuery(meQuery);

/** Resolves when the texts are there and it is known who is signed in, or when that takes too long. */
export async function answered(): Promise<void> {
  await Promise.all([texts, Promise.race([asked, new Promise((resolve) => setTimeout(resolve, WAIT_MS))])]);
}

// HAZARD: modules are evaluated in one go, and requests are made in its microtasks. Without this turn both would leave at its end.
await new Promise((resolve) => setTimeout(resolve));
