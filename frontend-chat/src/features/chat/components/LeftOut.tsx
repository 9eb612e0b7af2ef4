/** Above an answer: that the model did not get the whole conversation, or not its images. Never silent. */
import InfoIcon from '@mui/icons-material/ContentCutRounded';
import ImageIcon from '@mui/icons-material/HideImageOutlined';
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export function LeftOut({ turns, images }: { turns: number; images: number }) {
  const { t } = useTranslation();
  return (
    <>
      {turns > 0 && (
        <Note name="left-out" icon={<InfoIcon aria-hidden="true" />}>
          {t('chat.leftOut', { count: turns })}
        </Note>
      )}
      {images > 0 && (
        <Note name="left-out-images" icon={<ImageIcon aria-hidden="true" />}>
          {t('chat.leftOutImages', { count: images })}
        </Note>
      )}
    </>
  );
}

function Note({ name, icon, children }: { name: string; icon: ReactNode; children: ReactNode }) {
  return (
    <Box
      component="p"
      data-testid={name}
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
      {icon}
      {children}
    </Box>
  );
}
