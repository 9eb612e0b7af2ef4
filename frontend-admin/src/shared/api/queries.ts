/** How the dashboard asks: what may pass by itself is asked for again, a refusal is told at once. */
import { QueryClient } from '@tanstack/react-query';
import { HttpError } from 'react-admin';

const N_RETRIES = 3;

/** Of the house's own errors those that say so of themselves; of others all. */
function mayPass(error: unknown): boolean {
  return !(error instanceof HttpError && error.body?.retryable === false);
}

const retry = (nFailures: number, error: unknown) => nFailures < N_RETRIES && mayPass(error);

export function makeQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry } } });
}
