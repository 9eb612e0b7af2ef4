/** How the two sides are called: by letter until the vote, then by model as well. */
import type { TFunction } from 'i18next';
import type { Message } from '@/shared/api/types';

export function letterOf(message: Message): string {
  return message.comparison?.side === 'b' ? 'B' : 'A';
}

export function nameOf(t: TFunction, message: Message): string {
  const letter = letterOf(message);
  return message.model === '' ? t('compare.side', { letter }) : `${letter} · ${message.model}`;
}
