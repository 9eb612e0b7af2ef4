/** “What shaped this answer”: everything that was recorded of its making, in a panel at the right edge. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import ReplayIcon from '@mui/icons-material/ReplayRounded';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { messages } from '@/shared/api/endpoints';
import { useReplay } from '../components/useActs';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { ShapedFacts } from './ShapedFacts';

interface ShapedPanelProps {
  chat: ChatController;
  messageId: number;
  onClose: () => void;
}

export default function ShapedPanel({ chat, messageId, onClose }: ShapedPanelProps) {
  const { t } = useTranslation();
  const heading = useId();
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  const replay = useReplay(chat);
  const detail = useQuery({ queryKey: ['message', messageId], queryFn: () => messages.detail(messageId) });
  const metadata = detail.data?.metadata;
  return (
    <Drawer
      anchor="right"
      open
      onClose={onClose}
      slotProps={{
        paper: { role: 'dialog', 'aria-labelledby': heading, sx: { width: { xs: '100%', sm: 420 }, p: 3, pt: 2 } },
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', mb: 1.5 }}>
        <Typography id={heading} variant="h2">
          {t('answer.explain')}
        </Typography>
        <IconButton aria-label={t('app.close')} onClick={onClose} edge="end" autoFocus>
          <CloseIcon />
        </IconButton>
      </Box>
      {detail.isPending && <Skeleton variant="rounded" height={420} />}
      {detail.isError && (
        <Alert
          severity="error"
          variant="outlined"
          action={
            <Button size="small" color="inherit" onClick={() => detail.refetch()}>
              {t('app.retry')}
            </Button>
          }
        >
          {t('answer.loadFailed')}
        </Alert>
      )}
      {metadata === null && <Typography sx={{ color: 'text.secondary' }}>{t('answer.nothing')}</Typography>}
      {metadata && (
        <>
          <ShapedFacts metadata={metadata} web={detail.data?.web ?? null} />
          <Button
            variant="outlined"
            startIcon={<ReplayIcon />}
            disabled={!isOpen}
            onClick={() => {
              onClose();
              replay(messageId);
            }}
            sx={{ mt: 3, flex: 'none' }}
          >
            {t('answer.sameSeed')}
          </Button>
        </>
      )}
    </Drawer>
  );
}
