/** What the user wrote, as it was written: no Markdown, line breaks kept. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import EditIcon from '@mui/icons-material/EditOutlined';
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useCopy } from '@/shared/ui/useCopy';
import type { ChatController } from '../state/controller';
import { ActionButton } from './ActionButton';
import { BranchSwitch } from './BranchSwitch';
import { actionsStyle } from './column';
import { SentFiles } from '../composer/SentFiles';
import { ToolsMark, WebMark } from '../composer/switches';
import { MessageTime } from './MessageTime';
import { UserBubble } from './UserBubble';
import { useShowBranch } from './useActs';

interface UserMessageProps {
  chat: ChatController;
  message: Message;
  onEdit: () => void;
}

export function UserMessage({ chat, message, onEdit }: UserMessageProps) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  const showBranch = useShowBranch(chat);
  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', alignItems: 'flex-end' }}>
      {message.attachments.length > 0 && <SentFiles attachments={message.attachments} />}
      <UserBubble text={message.content} />
      {message.web_search && <WebMark />}
      {message.tools && <ToolsMark />}
      <Box sx={{ display: 'flex', alignItems: 'center' }}>
        <Box className="actions" sx={actionsStyle(false, true)}>
          <MessageTime message={message} />
          <ActionButton
            label={t('chat.copy')}
            icon={isCopied ? <CheckIcon /> : <CopyIcon />}
            onClick={() => copy(message.content)}
          />
          <ActionButton label={t('chat.edit')} icon={<EditIcon />} onClick={onEdit} />
        </Box>
        <BranchSwitch message={message} onShow={showBranch} />
      </Box>
    </Box>
  );
}
