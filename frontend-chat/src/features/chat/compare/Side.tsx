/** One of the two answers: who it is from as far as that is told, its text, and the way on from here. */
import ChosenIcon from '@mui/icons-material/CheckCircleRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { AssistantMessage } from '../components/AssistantMessage';
import { useShowBranch } from '../components/useActs';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { letterOf, nameOf } from './names';

interface SideProps {
  chat: ChatController;
  message: Message;
  isOnBranch: boolean;
  isLast: boolean;
}

export function Side({ chat, message, isOnBranch, isLast }: SideProps) {
  const { t } = useTranslation();
  const live = useChatState(chat, (state) => state.live.get(message.id));
  const showBranch = useShowBranch(chat);
  const { side, verdict = null } = message.comparison ?? {};
  const isBetter = verdict !== null && verdict === side;
  return (
    <Box
      component="section"
      aria-label={nameOf(t, message)}
      data-testid={`side-${side}`}
      data-status={live?.status ?? message.status}
      sx={{
        border: 1,
        borderColor: isBetter ? 'primary.main' : 'divider',
        borderRadius: '16px',
        px: { xs: 1.5, sm: 2 },
        py: 1.25,
        minWidth: 0,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, minHeight: 28 }}>
        <Typography component="h3" noWrap sx={{ fontSize: '0.85rem', fontWeight: 600, color: 'text.secondary' }}>
          {nameOf(t, message)}
        </Typography>
        {isBetter && (
          <Chip size="small" color="primary" variant="outlined" icon={<ChosenIcon />} label={t('compare.chosen')} />
        )}
        {verdict !== null && !isOnBranch && message.content !== '' && (
          <Button size="small" sx={{ ml: 'auto', flex: 'none' }} onClick={() => showBranch(message.id)}>
            {t('compare.goOn', { letter: letterOf(message) })}
          </Button>
        )}
      </Box>
      <AssistantMessage
        chat={chat}
        message={message}
        live={live}
        text={live?.text ?? message.content}
        isLast={isLast}
        onEdit={() => chat.setEditing(message.id)}
      />
    </Box>
  );
}
