/** Who is signed in, asked while the texts still come: the first picture is then the page itself, not its skeleton. */
import { meQuery } from '@/shared/api/me';
import { makeQueryClient } from './queryClient';

const WAIT_MS = 400; // a slower answer finds the skeleton

export const queries = makeQueryClient();
const asked = queries.prefetchQuery(meQuery);

export const answered = Promise.race([asked, new Promise<void>((resolve) => setTimeout(resolve, WAIT_MS))]);
