/** Beside a retention while it is typed, before it is saved: how much would go by it now. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { useLocale, useTranslate } from 'react-admin';
import { type Setting, settings } from '@/shared/api/settings';
import { count } from '@/shared/figures';

const PREFIX = 'retention_days_';

export const isRetention = (setting: Setting) => setting.name.startsWith(PREFIX);

export function WouldGo({ setting, text }: { setting: Setting; text: string }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const days = useDeferredValue(/^\d{1,4}$/.test(text.trim()) ? Number(text) : 0);
  const isPossible = days >= 1 && days <= setting.high;
  const { data } = useQuery({
    queryKey: ['admin', 'retention', setting.name, days],
    queryFn: () => settings.dryRun(setting.name.slice(PREFIX.length), days),
    enabled: isPossible,
    staleTime: 10_000,
  });
  if (!isPossible || !data) return null;
  return (
    <span aria-live="polite" data-testid="would-go">
      {translate(data.n_sessions ? 'maru.settings.would_go' : 'maru.settings.would_go_none', {
        days: count(days, locale),
        n: count(data.n_sessions, locale),
        n_users: count(data.n_users, locale),
      })}
    </span>
  );
}
