/** A page of things to keep (personas, prompts, …): title, what can be made, and one column of content that scrolls. */
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { HouseFrame } from './HouseFrame';

interface LibraryFrameProps {
  title: string;
  /** One sentence on what this is for. */
  lead: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function LibraryFrame({ title, lead, actions, children }: LibraryFrameProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <HouseFrame>
      {({ menuButton }) => (
        <Box sx={{ flex: 1, minHeight: 0, overflowY: 'auto' }}>
          <Box sx={{ px: 1.5, minHeight: 56, display: 'flex', alignItems: 'center' }}>{menuButton}</Box>
          <Box sx={{ maxWidth: 960, mx: 'auto', px: { xs: 2, sm: 4 }, pb: 8 }}>
            <Box sx={{ display: 'flex', alignItems: 'flex-end', flexWrap: 'wrap', gap: 2, mb: 3 }}>
              <Box sx={{ flex: '1 1 280px' }}>
                <Typography variant="h1">{title}</Typography>
                <Typography variant="body2" sx={{ color: 'text.secondary', mt: 0.5, maxWidth: 560 }}>
                  {lead}
                </Typography>
              </Box>
              {actions && <Box sx={{ display: 'flex', gap: 1 }}>{actions}</Box>}
            </Box>
            {children}
          </Box>
        </Box>
      )}
    </HouseFrame>
  );
}
