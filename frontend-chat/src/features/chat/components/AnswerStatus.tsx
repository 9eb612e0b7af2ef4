/** What is to be known of an answer that did not simply end, and the way on from there. */
import ContinueIcon from '@mui/icons-material/ArrowForwardRounded';
import RetryIcon from '@mui/icons-material/RefreshRounded';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { frameProblemText } from '@/shared/i18n/problem';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';

export function AnswerStatus({ chat, message }: { chat: ChatController; message: Message }) {
  const { t } = useTranslation();
  const failure = useChatState(chat, (state) => state.failures.get(message.id));
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  const kind = kindOf(message);
  if (kind === null) return null;

  const onContinue = (
    <Button size="small" startIcon={<ContinueIcon />} disabled={!isOpen} onClick={() => chat.continueReply(message.id)}>
      {t('chat.continue')}
    </Button>
  );
  if (kind === 'failed') {
    const code = message.error_code ?? failure?.code ?? 'error';
    return (
      <Alert
        severity="error"
        variant="outlined"
        data-testid="answer-failed"
        data-code={code}
        sx={{
          my: 1,
          alignItems: 'center',
          flexWrap: { xs: 'wrap', sm: 'nowrap' },
          '& .MuiAlert-message': { flex: '1 1 200px' },
        }}
        action={
          <Box sx={{ display: 'flex' }}>
            {message.content !== '' && onContinue}
            <Button
              size="small"
              color="inherit"
              startIcon={<RetryIcon />}
              disabled={!isOpen}
              onClick={() => chat.regenerate(message.id)}
            >
              {t('app.retry')}
            </Button>
          </Box>
        }
      >
        {frameProblemText(t, failure ?? { code })}
      </Alert>
    );
  }
  return (
    <Box
      data-testid="answer-status"
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 1,
        mt: 1,
        color: 'text.secondary',
        fontSize: '0.875rem',
      }}
    >
      <span>{t(`chat.${kind}`)}</span>
      {onContinue}
    </Box>
  );
}

type Kind = 'failed' | 'stopped' | 'moderated' | 'interrupted' | 'length';

function kindOf({ status, finish_reason, error_code }: Message): Kind | null {
  if (status === 'stopped' && error_code === 'moderated') return 'moderated';
  if (status === 'failed' || status === 'stopped' || status === 'interrupted') return status;
  return finish_reason === 'length' ? 'length' : null;
}
