/** What can be done with an answer beyond the buttons: hear it, copy without marks, its source, edit, what shaped it, replay. */
import EditIcon from '@mui/icons-material/EditOutlined';
import CodeIcon from '@mui/icons-material/CodeRounded';
import ExplainIcon from '@mui/icons-material/InsightsRounded';
import ReplayIcon from '@mui/icons-material/ReplayRounded';
import SpeakIcon from '@mui/icons-material/VolumeUpOutlined';
import PlainIcon from '@mui/icons-material/NotesRounded';
import Divider from '@mui/material/Divider';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useSnackbar } from 'notistack';
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
import { canRead, readAloud, stopReading, useSpeaking } from './readAloud';

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
  const speaking = useSpeaking();
  const { enqueueSnackbar } = useSnackbar();
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  // Only what a model made has a seed and a prompt; an edited or imported answer has none.
  const isMade = message.prompt_tokens !== null;

  const text = () => plainText(splitReasoning(message.content).answer);
  const read = async () => {
    if (speaking === message.id) stopReading();
    else if (!(await readAloud(message.id, text()))) enqueueSnackbar(t('answer.noVoice'), { variant: 'info' });
  };

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
      {canRead() &&
        item(
          <SpeakIcon fontSize="small" />,
          t(speaking === message.id ? 'answer.stopReading' : 'answer.readAloud'),
          () => void read(),
        )}
      {item(<PlainIcon fontSize="small" />, t('answer.copyPlain'), () => copy(text()))}
      {item(<CodeIcon fontSize="small" />, t(isSource ? 'chat.rendered' : 'chat.source'), onToggleSource)}
      {item(<EditIcon fontSize="small" />, t('answer.edit'), onEdit)}
    </Menu>
  );
}
