/** ‹ 2/3 ›: the versions of one message. */
import NextIcon from '@mui/icons-material/ChevronRightRounded';
import PreviousIcon from '@mui/icons-material/ChevronLeftRounded';
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { ActionButton } from './ActionButton';

export function BranchSwitch({ message, onShow }: { message: Message; onShow: (id: number) => void }) {
  const { t } = useTranslation();
  const total = message.siblings.length;
  const index = message.siblings.indexOf(message.id);
  const areBeside = message.comparison != null && total === 2; // both are seen already
  if (total < 2 || index < 0 || areBeside) return null;
  const show = (at: number) => {
    const id = message.siblings[at];
    if (id !== undefined) onShow(id);
  };
  return (
    <Box
      role="group"
      aria-label={t('chat.branch', { n: index + 1, total })}
      data-testid="branch"
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        color: 'text.secondary',
        fontSize: '0.8rem',
        fontVariantNumeric: 'tabular-nums',
      }}
    >
      <ActionButton
        label={t('chat.previous')}
        icon={<PreviousIcon />}
        isDisabled={index === 0}
        onClick={() => show(index - 1)}
      />
      <span aria-hidden="true">
        {index + 1}/{total}
      </span>
      <ActionButton
        label={t('chat.next')}
        icon={<NextIcon />}
        isDisabled={index === total - 1}
        onClick={() => show(index + 1)}
      />
    </Box>
  );
}
