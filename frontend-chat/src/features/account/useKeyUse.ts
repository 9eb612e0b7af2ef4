/** One line: what came by a key today, of how much, and how many answers it may have made at once. */
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/shared/api/account';

export function useKeyUse() {
  const { t, i18n } = useTranslation();
  const count = (value: number) => value.toLocaleString(i18n.language);
  const of = (name: 'messages' | 'tokens', used: number, allowed: number) =>
    allowed > 0
      ? t(`account.keyUsedOf_${name}`, { used: count(used), allowed: count(allowed) })
      : t(`account.keyUsed_${name}`, { used: count(used) });
  return ({ limits, today }: ApiKey) =>
    [
      of('messages', today.n_messages, limits.messages_per_day),
      of('tokens', today.n_tokens, limits.tokens_per_day),
      limits.concurrent_turns > 0 && t('account.keyAtOnce', { allowed: count(limits.concurrent_turns) }),
    ]
      .filter(Boolean)
      .join(' · ');
}
