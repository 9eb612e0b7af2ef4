import { QueryClient } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext, Notification } from 'react-admin';
import { beforeEach, expect, it } from 'vitest';
import type { RankedModel, Ranking } from '@/shared/api/ranking';
import { makeI18nProvider } from '@/shared/i18n';
import { serve } from '@/test/server';
import { RankingPage } from './RankingPage';

const row = (model: string, more: Partial<RankedModel> = {}): RankedModel => ({
  model,
  rating: 1000,
  low: 950.2,
  high: 1049.8,
  rank: 1,
  group: 0,
  n_votes: 40,
  n_won: 20,
  n_tied: 0,
  n_lost: 20,
  ...more,
});
const FOUND: Ranking = {
  language: '',
  n_votes: 40,
  n_voters: 3,
  n_both_bad: 2,
  n_not_blind: 0,
  n_skipped: 5,
  n_left_out: 0,
  min_votes: 10,
  models: [row('jay', { rating: 1081.4, low: 1001, high: 1180 }), row('owl', { rating: 918.6, rank: 2 })],
  pairs: [{ model: 'jay', other: 'owl', n_won: 23, n_tied: 4, n_lost: 13 }],
};

function show() {
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <RankingPage />
      <Notification />
    </AdminContext>,
  );
}

beforeEach(() => localStorage.setItem('maru.language', 'en'));

it('shows strengths with their intervals, and who won against whom from both sides', async () => {
  serve({ 'GET /api/admin/ranking/': { body: FOUND } });
  show();
  const strengths = await screen.findByRole('region', { name: 'Strengths' });
  expect(within(strengths).getByRole('row', { name: /jay/ })).toHaveTextContent('1,0811,001 – 1,180');
  const rates = screen.getByRole('region', { name: 'Who won against whom' });
  expect(within(rates).getByRole('row', { name: /^jay/ })).toHaveTextContent('63% (40)');
  expect(within(rates).getByRole('row', { name: /^owl/ })).toHaveTextContent('38% (40)');
  expect(screen.getByTestId('counted')).toHaveTextContent('Votes: 40, people who voted: 3.');
  expect(screen.getByTestId('counted')).toHaveTextContent('Ended without a vote: 5.');
  expect(screen.getByTestId('counted')).not.toHaveTextContent('names were known');
  expect(screen.queryByText(/fewer than/)).toBeNull();
});

it('says where too little is known, and what cannot be compared', async () => {
  const few = { low: null, high: null, group: 1, n_votes: 3 };
  serve({ 'GET /api/admin/ranking/': { body: { ...FOUND, models: [...FOUND.models, row('lone', few)] } } });
  show();
  expect(await screen.findByText(/fewer than 10 votes/)).toBeVisible();
  expect(screen.getByText(/never been compared with each other/)).toBeVisible();
  expect(screen.getByText('too few votes')).toBeVisible();
});

it('asks for the votes on questions of one language', async () => {
  serve({ 'GET /api/admin/ranking/': { body: { ...FOUND, n_votes: 0, models: [], pairs: [] } } });
  show();
  expect(await screen.findByText(/No votes yet/)).toBeVisible();
  expect(screen.getByRole('button', { name: 'Save as CSV' })).toBeDisabled();
  await userEvent.click(screen.getByRole('combobox', { name: 'Questions' }));
  await userEvent.click(screen.getByRole('option', { name: 'In Korean' }));
  expect(screen.getByRole('combobox', { name: 'Questions' })).toHaveTextContent('In Korean');
});
