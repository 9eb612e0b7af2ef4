/** How the two sides are called: by letter until the vote, then by model as well. */
import type { TFunction } from 'i18next';
import type { Message } from '@/shared/api/types';

/** Which model wrote it is told after the vote: until then nothing is offered that is about its model. */
export function isUnnamed({ comparison }: Message): boolean {
  return comparison?.is_blind === true && comparison.verdict === null;
}

export function letterOf(message: Message): string {
  return message.comparison?.side === 'b' ? 'B' : 'A';
}

export function nameOf(t: TFunction, message: Message): string {
  const letter = letterOf(message);
  return message.model === '' ? t('compare.side', { letter }) : `${letter} · ${message.model}`;
}
