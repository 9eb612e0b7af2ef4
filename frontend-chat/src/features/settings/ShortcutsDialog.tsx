/** The list of keys. */
import Dialog from '@mui/material/Dialog';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Box from '@mui/material/Box';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { SHORTCUTS, keysOf } from './shortcuts';

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <DialogTitle id={id}>{t('shortcuts.title')}</DialogTitle>
      <DialogContent>
        <Box
          component="dl"
          sx={{ m: 0, display: 'grid', gridTemplateColumns: '1fr auto', rowGap: 1.5, alignItems: 'center' }}
        >
          {SHORTCUTS.map(({ name, keys }) => (
            <Box key={name} sx={{ display: 'contents' }}>
              <dt>{t(`shortcuts.${name}`)}</dt>
              <Box component="dd" sx={{ m: 0, display: 'flex', gap: 0.5 }}>
                {keysOf(keys).map((key) => (
                  <Box
                    key={key}
                    component="kbd"
                    sx={{
                      px: 1,
                      py: 0.25,
                      fontFamily: 'inherit',
                      fontSize: '0.8rem',
                      border: 1,
                      borderColor: 'divider',
                      borderRadius: '5px',
                      bgcolor: 'surface.code',
                    }}
                  >
                    {key}
                  </Box>
                ))}
              </Box>
            </Box>
          ))}
        </Box>
      </DialogContent>
    </Dialog>
  );
}
