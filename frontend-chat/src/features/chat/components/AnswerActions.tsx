/** The row of small buttons below an answer, its versions, and who made it when. */
import MoreIcon from '@mui/icons-material/MoreHorizRounded';
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import ChooseIcon from '@mui/icons-material/ExpandMoreRounded';
import RegenerateIcon from '@mui/icons-material/RefreshRounded';
import Box from '@mui/material/Box';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { useCopy } from '@/shared/ui/useCopy';
import { splitReasoning } from '../markdown/reasoning';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { ActionButton } from './ActionButton';
import { BranchSwitch } from './BranchSwitch';
import { actionsStyle } from './column';
import { MadeBy } from './MadeBy';
import { Rating } from './Rating';
import { useShowBranch } from './useActs';

const AnswerMenu = lazy(() => withTexts(import('../answer/AnswerMenu')));
const RegenerateMenu = lazy(() => withTexts(import('../answer/RegenerateMenu')));

interface AnswerActionsProps {
  chat: ChatController;
  message: Message;
  isLast: boolean;
  isSource: boolean;
  onToggleSource: () => void;
  onEdit: () => void;
}

interface OpenMenu {
  kind: 'more' | 'again';
  anchor: HTMLElement;
}

export function AnswerActions({ chat, message, isLast, isSource, onToggleSource, onEdit }: AnswerActionsProps) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  const showBranch = useShowBranch(chat);
  if (message.content === '') return <BranchSwitch message={message} onShow={showBranch} />;
  const close = () => setMenu(null);
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', flexWrap: 'wrap', mt: 0.5, ml: -0.75 }}>
      <BranchSwitch message={message} onShow={showBranch} />
      <Box className="actions" role="group" aria-label={t('chat.actions')} sx={actionsStyle(isLast || menu !== null)}>
        <ActionButton
          label={t('chat.copy')}
          icon={isCopied ? <CheckIcon /> : <CopyIcon />}
          onClick={() => copy(splitReasoning(message.content).answer)}
        />
        <Rating chat={chat} message={message} />
        <ActionButton
          label={t('chat.regenerate')}
          icon={<RegenerateIcon />}
          isDisabled={!isOpen}
          onClick={() => chat.regenerate(message.id)}
        />
        <ActionButton
          label={t('chat.regenerateMore')}
          icon={<ChooseIcon />}
          isNarrow
          hasMenu
          isDisabled={!isOpen}
          onClick={(event) => setMenu({ kind: 'again', anchor: event.currentTarget })}
        />
        <ActionButton
          label={t('chat.more')}
          icon={<MoreIcon />}
          hasMenu
          onClick={(event) => setMenu({ kind: 'more', anchor: event.currentTarget })}
        />
        <MadeBy message={message} />
      </Box>
      {menu && (
        <Suspense>
          {menu.kind === 'again' ? (
            <RegenerateMenu chat={chat} message={message} anchor={menu.anchor} onClose={close} />
          ) : (
            <AnswerMenu
              chat={chat}
              message={message}
              anchor={menu.anchor}
              isSource={isSource}
              onToggleSource={onToggleSource}
              onEdit={onEdit}
              onClose={close}
            />
          )}
        </Suspense>
      )}
    </Box>
  );
}
