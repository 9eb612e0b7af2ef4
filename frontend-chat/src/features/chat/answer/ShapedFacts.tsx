/** The recorded facts of one answer in groups. What was not measured is not shown. */
import Box from '@mui/material/Box';
import { type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message, Metadata } from '@/shared/api/types';
import { ChatSlots } from '../slots';
import { CopyValue } from './CopyValue';
import { Facts, type Fact, Group } from './Facts';
import { PromptText } from './PromptText';
import { RecalledFacts } from './RecalledFacts';
import { TimeBar } from './TimeBar';

export function ShapedFacts({ metadata, web }: { metadata: Metadata; web: Message['web'] }) {
  const { t, i18n } = useTranslation();
  const { RecalledList = RecalledFacts } = useContext(ChatSlots);
  const whole = new Intl.NumberFormat(i18n.resolvedLanguage);
  const tokens = (n: number | null) => (n === null ? null : t('answer.tokens', { n: whole.format(n) }));
  const duration = (ms: number | null) => {
    if (ms === null) return null;
    return ms < 1000
      ? t('answer.ms', { n: ms > 0 && ms < 10 ? ms.toFixed(1) : Math.round(ms) })
      : t('answer.s', { n: (ms / 1000).toFixed(1) });
  };
  const hash = (text: string) => copied(t('chat.copy'), text, text.slice(0, 12));
  const seed = metadata.seed;
  const made: Fact[] = [
    [t('answer.model'), metadata.model_version],
    [t('answer.modelHash'), hash(metadata.model_hash)],
    [t('answer.engine'), metadata.engine],
    [t('answer.template'), metadata.prompt_template],
    [t('answer.templateHash'), hash(metadata.template_hash)],
    [t('answer.seed'), copied(t('answer.copySeed'), seed === null ? '' : String(seed))],
  ];
  const read: Fact[] = [
    [t('answer.promptTokens'), tokens(metadata.prompt_tokens)],
    [t('answer.cachedTokens'), tokens(metadata.cached_tokens)],
    [
      t('answer.dropped'),
      metadata.dropped_turns === 0 ? t('answer.droppedNone') : whole.format(metadata.dropped_turns),
    ],
    [t('answer.droppedImages'), metadata.dropped_images === 0 ? null : whole.format(metadata.dropped_images)],
    [t('answer.completionTokens'), tokens(metadata.completion_tokens)],
    [
      t('answer.guessed'),
      metadata.draft_tokens === 0
        ? null
        : t('answer.guessedOf', {
            right: whole.format(metadata.accepted_tokens),
            n: whole.format(metadata.draft_tokens),
          }),
    ],
  ];
  const speed = metadata.tokens_per_second;
  const times: Fact[] = [
    [t('answer.queue'), duration(metadata.queue_ms)],
    [t('answer.prefill'), duration(metadata.prefill_ms)],
    [t('answer.ttft'), duration(metadata.ttft_ms)],
    [t('answer.thought'), duration(metadata.reasoning_ms)],
    [t('answer.decode'), duration(metadata.decode_ms)],
    [t('answer.longestGap'), duration(metadata.itl_ms_max)],
    [t('answer.speed'), speed === null ? null : t('answer.perSecond', { n: speed.toFixed(1) })],
  ];
  return (
    <>
      <Group title={t('answer.made')}>
        <Facts facts={made} />
      </Group>
      <Group title={t('answer.read')}>
        <Facts facts={read} />
      </Group>
      <Group title={t('answer.times')}>
        <TimeBar metadata={metadata} />
        <Facts facts={times} />
      </Group>
      <Group title={t('answer.sampling')}>
        <Facts facts={samplingFacts(metadata, t('answer.unset'))} />
      </Group>
      <Group title={t('answer.recall')}>
        {metadata.recall_timed_out && <p>{t('answer.recallLate')}</p>}
        {metadata.recall.length > 0 ? (
          <RecalledList recall={metadata.recall} />
        ) : (
          !metadata.recall_timed_out && <p>{t('answer.recallNone')}</p>
        )}
      </Group>
      {web && (
        <Group title={t('answer.web')}>
          <p>{t('answer.webQuery', { query: web.query })}</p>
          {web.error_code && <p>{t('answer.webProblem', { code: web.error_code })}</p>}
          {web.results.map(({ n, url }) => (
            <Box component="p" key={n} sx={{ overflowWrap: 'anywhere' }}>
              [{n}] {url}
            </Box>
          ))}
        </Group>
      )}
      {metadata.rendered_prompt !== '' && <PromptText text={metadata.rendered_prompt} />}
    </>
  );
}

function copied(label: string, value: string, shown = value): ReactNode {
  return value === '' ? null : <CopyValue label={label} value={value} shown={shown} />;
}

/** Names are those of the API and of llama.cpp: who reads this knows or looks them up as such. */
function samplingFacts({ model_params }: Metadata, unset: string): Fact[] {
  return Object.entries(model_params)
    .filter(([name]) => name !== 'seed' && name !== 'model')
    .map(([name, value]): Fact => [<code key={name}>{name}</code>, valueText(value, unset)]);
}

function valueText(value: unknown, unset: string): ReactNode {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return unset;
  return <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>;
}
