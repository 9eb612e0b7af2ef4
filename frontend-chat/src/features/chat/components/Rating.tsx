/** Whether an answer was good, and, after saying so, a place for a word on why. */
import BadIcon from '@mui/icons-material/ThumbDownAltOutlined';
import BadFilledIcon from '@mui/icons-material/ThumbDownAlt';
import GoodIcon from '@mui/icons-material/ThumbUpAltOutlined';
import GoodFilledIcon from '@mui/icons-material/ThumbUpAlt';
import { lazy, type MouseEvent, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Feedback, Message } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import type { ChatController } from '../state/controller';
import { ActionButton } from './ActionButton';
import { useRate } from './useActs';

const NotePopover = lazy(() => withTexts(import('../answer/NotePopover')));

export function Rating({ chat, message }: { chat: ChatController; message: Message }) {
  const { t } = useTranslation();
  const rate = useRate(chat);
  const [noted, setNoted] = useState<{ value: Feedback; anchor: HTMLElement } | null>(null);
  const choose = (value: Feedback) => (event: MouseEvent<HTMLElement>) => {
    const next = message.feedback === value ? 0 : value;
    rate(message.id, next);
    setNoted(next === 0 ? null : { value: next, anchor: event.currentTarget });
  };
  const isGood = message.feedback === 1;
  const isBad = message.feedback === -1;
  return (
    <>
      <ActionButton
        label={t('chat.good')}
        icon={isGood ? <GoodFilledIcon /> : <GoodIcon />}
        isPressed={isGood}
        onClick={choose(1)}
      />
      <ActionButton
        label={t('chat.bad')}
        icon={isBad ? <BadFilledIcon /> : <BadIcon />}
        isPressed={isBad}
        onClick={choose(-1)}
      />
      {noted && (
        <Suspense>
          <NotePopover chat={chat} message={message} {...noted} onClose={() => setNoted(null)} />
        </Suspense>
      )}
    </>
  );
}
