import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { account, refusal, serve } from '@/test/server';
import { authProvider } from '@/shared/api/authProvider';
import { App } from './App';

const setup = (needs_setup = false) => ({ body: { needs_setup, needs_code: false, registration: 'open' } });
const rows = {
  body: {
    count: 1,
    results: [
      { ...account(), is_active: true, n_sessions: 3, last_activity_at: null, date_joined: '2026-01-02T03:04:05Z' },
    ],
  },
};

describe('the dashboard', () => {
  beforeEach(() => {
    location.hash = '';
    localStorage.setItem('maru.language', 'en');
  });

  afterEach(async () => {
    serve({ 'POST /api/auth/logout/': { status: 204 } });
    await authProvider.logout({});
  });

  it('asks a stranger to sign in, then shows the accounts', async () => {
    let isSignedIn = false;
    serve({
      'GET /api/auth/setup/': setup(),
      'GET /api/auth/me/': () =>
        isSignedIn ? { body: account() } : refusal(401, 'not_authenticated', 'Please sign in.'),
      'POST /api/auth/login/': () => {
        isSignedIn = true;
        return { body: { user: account() } };
      },
      'GET /api/admin/users/': rows,
      'GET /api/admin/live/history/': refusal(503, 'unavailable', 'Later.'),
    });
    render(<App />);
    await userEvent.type(await screen.findByLabelText(/Username/), 'minji');
    await userEvent.type(screen.getByLabelText(/^Password/), 'secret');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Users' }));
    expect(await screen.findByText(/minji@example.org/)).toBeInTheDocument();
    expect(screen.getByText('Staff')).toBeInTheDocument();
  });

  it('tells somebody of the chat that this place is for staff', async () => {
    serve({
      'GET /api/auth/setup/': setup(),
      'GET /api/auth/me/': { body: account({ is_staff: false }) },
    });
    render(<App />);
    await waitFor(() => expect(screen.getByText(/This place is for staff/)).toBeInTheDocument());
  });

  it('leads to where the first administrator is made, without asking again and again who is there', async () => {
    const whoAmI = vi.fn(() => refusal(401, 'not_authenticated', 'Please sign in.'));
    serve({ 'GET /api/auth/setup/': setup(true), 'GET /api/auth/me/': whoAmI });
    render(<App />);
    expect(await screen.findByRole('link', { name: 'Create the administrator' })).toHaveAttribute('href', '/');
    expect(whoAmI.mock.calls.length).toBeLessThan(20);
  });
});
