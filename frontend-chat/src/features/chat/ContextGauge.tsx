/** How full the model's context was with the last answer: a small ring in the header, its figures on pointing or focus. */
import Box from '@mui/material/Box';
import Tooltip from '@mui/material/Tooltip';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useModels } from '@/shared/api/useModels';
import type { ChatController } from './state/controller';
import { activePath } from './state/tree';
import { useChatState } from './useChat';

const NEARLY_FULL = 0.85;
const RADIUS = 7;
const LENGTH = 2 * Math.PI * RADIUS;

export function ContextGauge({ chat }: { chat: ChatController }) {
  const { t, i18n } = useTranslation();
  const models = useModels();
  const messages = useChatState(chat, (state) => state.messages);
  const leaf = useChatState(chat, (state) => state.session?.active_leaf ?? null);
  const last = useMemo(
    () => activePath(messages, leaf).messages.findLast((row) => row.prompt_tokens !== null),
    [messages, leaf],
  );
  const card = models.data?.find((model) => model.id === last?.model);
  if (!last || !card || card.n_ctx === 0) return null;

  const used = (last.prompt_tokens ?? 0) + (last.token_count ?? 0);
  const share = Math.min(1, used / card.n_ctx);
  const whole = new Intl.NumberFormat(i18n.resolvedLanguage);
  const words = t('chat.context', { percent: Math.round(share * 100) });
  return (
    <Tooltip
      title={
        <>
          <strong>{words}</strong>
          <br />
          {t('chat.contextText', { used: whole.format(used), all: whole.format(card.n_ctx) })}
        </>
      }
    >
      <Box
        role="meter"
        tabIndex={0}
        aria-label={words}
        aria-valuemin={0}
        aria-valuemax={card.n_ctx}
        aria-valuenow={Math.min(used, card.n_ctx)}
        data-testid="context-gauge"
        sx={{
          display: 'flex',
          alignItems: 'center',
          gap: 0.75,
          px: 1,
          height: 32,
          borderRadius: '10px',
          fontSize: '0.78rem',
          fontVariantNumeric: 'tabular-nums',
          color: share >= NEARLY_FULL ? 'warning.main' : 'text.secondary',
        }}
      >
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" style={{ transform: 'rotate(-90deg)' }}>
          <circle cx="9" cy="9" r={RADIUS} fill="none" stroke="var(--mui-palette-divider)" strokeWidth="2.5" />
          <circle
            cx="9"
            cy="9"
            r={RADIUS}
            fill="none"
            stroke="currentColor"
            strokeWidth="2.5"
            strokeLinecap="round"
            strokeDasharray={`${share * LENGTH} ${LENGTH}`}
          />
        </svg>
        {Math.round(share * 100)}%
      </Box>
    </Tooltip>
  );
}
