import { answer } from './answer';
import { auth } from './auth';
import { compare } from './compare';
import { documents } from './documents';
import { library } from './library';
import { memory } from './memory';
import { account } from './account';
import { organise } from './organise';
import { notFound } from './notFound';
import { personas } from './personas';
import { shortcuts } from './shortcuts';
import { tools } from './tools';
import { webhooks } from './webhooks';

export const later = {
  account,
  answer,
  auth,
  compare,
  documents,
  library,
  memory,
  notFound,
  organise,
  personas,
  shortcuts,
  tools,
  webhooks,
};
