/** Above an answer: that the model did not get the whole conversation. Never silent. */
import InfoIcon from '@mui/icons-material/ContentCutRounded';
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';

export function LeftOut({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <Box
      component="p"
      data-testid="left-out"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 1,
        m: 0,
        mb: 1.5,
        fontSize: '0.85rem',
        color: 'text.secondary',
        '& svg': { fontSize: 16, flex: 'none' },
      }}
    >
      <InfoIcon aria-hidden="true" />
      {t('chat.leftOut', { count })}
    </Box>
  );
}
