/** Texts that are fetched with the first part that needs them: its `lazy` import goes through `withTexts`. */
import { auth } from './auth';
import { notFound } from './notFound';
import { shortcuts } from './shortcuts';

export const later = { auth, notFound, shortcuts };
