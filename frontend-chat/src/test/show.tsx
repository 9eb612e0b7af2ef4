/** A part of the page with what every page has around it: queries that remember nothing of other tests, and a place for toasts. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { SnackbarProvider } from 'notistack';
import type { ReactNode } from 'react';

export function show(part: ReactNode, queries = new QueryClient()): void {
  render(
    <QueryClientProvider client={queries}>
      <SnackbarProvider>{part}</SnackbarProvider>
    </QueryClientProvider>,
  );
}
