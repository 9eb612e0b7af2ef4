/** What can be done with an answer beyond the buttons: copy without marks, its source, edit, what shaped it, replay. */
import EditIcon from '@mui/icons-material/EditOutlined';
import CodeIcon from '@mui/icons-material/CodeRounded';
import ExplainIcon from '@mui/icons-material/InsightsRounded';
import ReplayIcon from '@mui/icons-material/ReplayRounded';
import PlainIcon from '@mui/icons-material/NotesRounded';
import Divider from '@mui/material/Divider';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useCopy } from '@/shared/ui/useCopy';
import { useReplay } from '../components/useActs';
import { splitReasoning } from '../markdown/reasoning';
import { Explain } from '../slots';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { plainText } from './plainText';

interface AnswerMenuProps {
  chat: ChatController;
  message: Message;
  anchor: HTMLElement;
  isSource: boolean;
  onToggleSource: () => void;
  onEdit: () => void;
  onClose: () => void;
}

export default function AnswerMenu(props: AnswerMenuProps) {
  const { chat, message, anchor, isSource, onToggleSource, onEdit, onClose } = props;
  const { t } = useTranslation();
  const [, copy] = useCopy();
  const explain = useContext(Explain);
  const replay = useReplay(chat);
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  // Only what a model made has a seed and a prompt; an edited or imported answer has none.
  const isMade = message.prompt_tokens !== null;

  const item = (icon: ReactNode, label: string, act: () => void, isDisabled = false) => (
    <MenuItem
      disabled={isDisabled}
      onClick={() => {
        onClose();
        act();
      }}
    >
      <ListItemIcon>{icon}</ListItemIcon>
      {label}
    </MenuItem>
  );
  return (
    <Menu open anchorEl={anchor} onClose={onClose}>
      {item(<ExplainIcon fontSize="small" />, t('answer.explain'), () => explain(message.id), !isMade)}
      {item(<ReplayIcon fontSize="small" />, t('answer.sameSeed'), () => replay(message.id), !isMade || !isOpen)}
      <Divider />
      {item(<PlainIcon fontSize="small" />, t('answer.copyPlain'), () =>
        copy(plainText(splitReasoning(message.content).answer)),
      )}
      {item(<CodeIcon fontSize="small" />, t(isSource ? 'chat.rendered' : 'chat.source'), onToggleSource)}
      {item(<EditIcon fontSize="small" />, t('answer.edit'), onEdit)}
    </Menu>
  );
}
