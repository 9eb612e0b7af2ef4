/** What was recalled, by kind, number and score. */
import { useTranslation } from 'react-i18next';
import type { Recalled } from '@/shared/api/types';
import { Facts } from './Facts';

export function RecalledFacts({ recall }: { recall: readonly Recalled[] }) {
  const { t } = useTranslation();
  return (
    <Facts
      facts={recall.map(({ id, kind, score }) => [
        `${t(kind === 'memory' ? 'answer.memory' : 'answer.passage')} ${id}`,
        t('answer.score', { score: score.toFixed(2) }),
      ])}
    />
  );
}
