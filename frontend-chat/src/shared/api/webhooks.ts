/** Calls for one's own webhooks. */
import { api, unwrap } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Webhook = Schemas['WebhookRow'];
export type Delivery = Schemas['DeliveryRow'];
export type WebhookInput = Schemas['WebhookInputRequest'];
export type WebhookPatch = Schemas['PatchedWebhookInputRequest'];

const at = (id: number) => ({ path: { id } });

export const webhooks = {
  list: () => unwrap(api.GET('/api/webhooks/')),
  make: (body: WebhookInput) => unwrap(api.POST('/api/webhooks/', { body })),
  change: (id: number, body: WebhookPatch) => unwrap(api.PATCH('/api/webhooks/{id}/', { params: at(id), body })),
  remove: (id: number) => unwrap(api.DELETE('/api/webhooks/{id}/', { params: at(id) })),
  rotate: (id: number) => unwrap(api.POST('/api/webhooks/{id}/rotate/', { params: at(id) })),
  ping: (id: number) => unwrap(api.POST('/api/webhooks/{id}/ping/', { params: at(id) })),
  deliveries: (id: number) => unwrap(api.GET('/api/webhooks/{id}/deliveries/', { params: at(id) })),
};
