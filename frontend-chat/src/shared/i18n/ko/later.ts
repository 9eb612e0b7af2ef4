import { auth } from './auth';
import { notFound } from './notFound';
import { shortcuts } from './shortcuts';

export const later = { auth, notFound, shortcuts };
