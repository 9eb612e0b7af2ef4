/** The row of small buttons below an answer, its versions, and who made it how fast. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CodeIcon from '@mui/icons-material/CodeRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import RegenerateIcon from '@mui/icons-material/RefreshRounded';
import BadIcon from '@mui/icons-material/ThumbDownAltOutlined';
import BadFilledIcon from '@mui/icons-material/ThumbDownAlt';
import GoodIcon from '@mui/icons-material/ThumbUpAltOutlined';
import GoodFilledIcon from '@mui/icons-material/ThumbUpAlt';
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useCopy } from '@/shared/ui/useCopy';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { ActionButton } from './ActionButton';
import { BranchSwitch } from './BranchSwitch';
import { actionsStyle } from './column';
import { useRate, useShowBranch } from './useActs';

interface AnswerActionsProps {
  chat: ChatController;
  message: Message;
  isLast: boolean;
  isSource: boolean;
  onToggleSource: () => void;
}

export function AnswerActions({ chat, message, isLast, isSource, onToggleSource }: AnswerActionsProps) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  const showBranch = useShowBranch(chat);
  const rate = useRate(chat);
  if (message.content === '') return <BranchSwitch message={message} onShow={showBranch} />;
  const isGood = message.feedback === 1;
  const isBad = message.feedback === -1;
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', mt: 0.5, ml: -0.75 }}>
      <BranchSwitch message={message} onShow={showBranch} />
      <Box className="actions" role="group" aria-label={t('chat.actions')} sx={actionsStyle(isLast)}>
        <ActionButton
          label={t('chat.copy')}
          icon={isCopied ? <CheckIcon /> : <CopyIcon />}
          onClick={() => copy(message.content)}
        />
        <ActionButton
          label={t('chat.good')}
          icon={isGood ? <GoodFilledIcon /> : <GoodIcon />}
          isPressed={isGood}
          onClick={() => rate(message.id, isGood ? 0 : 1)}
        />
        <ActionButton
          label={t('chat.bad')}
          icon={isBad ? <BadFilledIcon /> : <BadIcon />}
          isPressed={isBad}
          onClick={() => rate(message.id, isBad ? 0 : -1)}
        />
        <ActionButton
          label={t('chat.regenerate')}
          icon={<RegenerateIcon />}
          isDisabled={!isOpen}
          onClick={() => chat.regenerate(message.id)}
        />
        <ActionButton
          label={t(isSource ? 'chat.rendered' : 'chat.source')}
          icon={<CodeIcon />}
          isPressed={isSource}
          onClick={onToggleSource}
        />
        <MadeBy message={message} />
      </Box>
    </Box>
  );
}

function MadeBy({ message }: { message: Message }) {
  const { t } = useTranslation();
  const parts = [
    message.model,
    !message.token_count ? '' : t('chat.tokens', { count: message.token_count }),
    message.processing_time === null ? '' : t('chat.seconds', { seconds: message.processing_time.toFixed(1) }),
  ].filter((part) => part !== '');
  return (
    <Box
      component="span"
      sx={{ ml: 1, fontSize: '0.78rem', color: 'text.secondary', display: { xs: 'none', sm: 'inline' } }}
    >
      {parts.join(' · ')}
    </Box>
  );
}
