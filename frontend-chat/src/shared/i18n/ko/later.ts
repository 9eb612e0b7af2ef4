import { answer } from './answer';
import { auth } from './auth';
import { library } from './library';
import { notFound } from './notFound';
import { personas } from './personas';
import { shortcuts } from './shortcuts';

export const later = { answer, auth, library, notFound, personas, shortcuts };
