/** Before the first word: the place in the line with a way out of it, or that the message is being read. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { keyframes } from '@mui/material/styles';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Live } from '../state/types';

const breathe = keyframes`0%, 100% { opacity: .25; transform: scale(.85) } 50% { opacity: 1; transform: none }`;

interface WaitingProps {
  live: Live | undefined;
  isSearching: boolean;
  onLeave: () => void;
}

export function Waiting({ live, isSearching, onLeave }: WaitingProps) {
  const { t } = useTranslation();
  const isInLine = live?.position != null;
  return (
    <Box
      data-testid="waiting"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 1.25,
        color: 'text.secondary',
        fontSize: '0.9rem',
        minHeight: 34,
      }}
    >
      <Box component="span" aria-hidden="true" sx={{ display: 'inline-flex', gap: 0.5 }}>
        {[0, 1, 2].map((dot) => (
          <Box
            key={dot}
            component="span"
            sx={{
              width: 7,
              height: 7,
              borderRadius: '3px',
              bgcolor: 'primary.main',
              animation: `${breathe} 1.2s ${dot * 0.18}s infinite ease-in-out`,
            }}
          />
        ))}
      </Box>
      <span>{isInLine ? placeText(t, live) : t(isSearching ? 'chat.searching' : 'chat.thinking')}</span>
      {isInLine && (
        <Button size="small" onClick={onLeave}>
          {t('chat.leaveQueue')}
        </Button>
      )}
    </Box>
  );
}

function placeText(t: TFunction, live: Live): string {
  const place = t('chat.queued', { position: live.position ?? 1 });
  if (live.eta_ms === null) return place;
  return `${place} · ${t('chat.queuedEta', { count: Math.max(1, Math.ceil(live.eta_ms / 1000)) })}`;
}
