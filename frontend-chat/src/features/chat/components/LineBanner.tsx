/** Says that the line is down, after a moment in which most cuts mend themselves. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Collapse from '@mui/material/Collapse';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';

const PATIENCE_MS = 600;

export function LineBanner({ chat }: { chat: ChatController }) {
  const { t } = useTranslation();
  const line = useChatState(chat, (state) => state.line);
  const isKept = useChatState(chat, (state) => state.isKept);
  const isDown = line === 'lost' || line === 'restarting' || line === 'refused';
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(isDown), isDown ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [isDown]);
  return (
    <Collapse in={isShown} unmountOnExit>
      <Alert
        severity="warning"
        role="status"
        data-testid="line-banner"
        sx={{
          borderRadius: 0,
          py: 0,
          alignItems: 'center',
          justifyContent: 'center',
          '& .MuiAlert-action': { m: 0, p: 0 },
        }}
        action={
          line === 'lost' && (
            <Button size="small" color="inherit" onClick={chat.reconnect}>
              {t('line.now')}
            </Button>
          )
        }
      >
        {t(textKey(line))} {isKept && t('line.kept')}
      </Alert>
    </Collapse>
  );
}

function textKey(line: string): 'line.offline' | 'line.restarting' | 'line.refused' | 'line.lost' {
  if (line === 'refused') return 'line.refused';
  if (!navigator.onLine) return 'line.offline';
  return line === 'restarting' ? 'line.restarting' : 'line.lost';
}
