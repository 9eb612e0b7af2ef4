import { answer } from './answer';
import { auth } from './auth';
import { documents } from './documents';
import { library } from './library';
import { memory } from './memory';
import { notFound } from './notFound';
import { personas } from './personas';
import { shortcuts } from './shortcuts';

export const later = { answer, auth, documents, library, memory, notFound, personas, shortcuts };
