/** Side bar and main part: beside each other on a wide screen (the bar can be folded away), one above the other on a phone. */
import MenuIcon from '@mui/icons-material/MenuRounded';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import useMediaQuery from '@mui/material/useMediaQuery';
import { type Theme } from '@mui/material/styles';
import { type ReactNode, useDeferredValue, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { localKept } from '@/shared/storage';

const WIDTH = 284;
const FOLDED = 'maru.sidebar.folded';
let wasDrawn = false; // on any page since the start

interface ChatLayoutProps {
  sidebar: (acts: { onHide: () => void; onNavigate: () => void }) => ReactNode;
  children: (parts: { menuButton: ReactNode }) => ReactNode;
}

export function ChatLayout({ sidebar, children }: ChatLayoutProps) {
  const { t } = useTranslation();
  const isWide = useMediaQuery((theme: Theme) => theme.breakpoints.up('md'), { noSsr: true });
  const [isFolded, setIsFolded] = useState(() => localKept.getItem(FOLDED) === '1');
  const [isOver, setIsOver] = useState(false);
  // The first picture of all is the page's own part, which is what somebody came for; the bar is rendered behind it.
  const isDrawn = useDeferredValue(true, wasDrawn);
  useEffect(() => {
    wasDrawn = true;
  }, []);

  const fold = (next: boolean) => {
    localKept.setItem(FOLDED, next ? '1' : '0');
    setIsFolded(next);
  };
  const isBeside = isWide && !isFolded;
  const menuButton = !isBeside && (
    <IconButton aria-label={t('sessions.open')} onClick={() => (isWide ? fold(false) : setIsOver(true))}>
      <MenuIcon />
    </IconButton>
  );
  return (
    <Box sx={{ height: '100dvh', display: 'flex' }}>
      {isBeside && (
        <Box sx={{ width: WIDTH, flex: 'none', borderRight: 1, borderColor: 'divider', bgcolor: 'surface.side' }}>
          {isDrawn && sidebar({ onHide: () => fold(true), onNavigate: () => undefined })}
        </Box>
      )}
      {!isWide && (
        <Drawer
          open={isOver}
          onClose={() => setIsOver(false)}
          slotProps={{ paper: { 'aria-label': t('sessions.title'), sx: { width: 'min(86vw, 320px)' } } }}
        >
          {sidebar({ onHide: () => setIsOver(false), onNavigate: () => setIsOver(false) })}
        </Drawer>
      )}
      <Box component="main" sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        {children({ menuButton })}
      </Box>
    </Box>
  );
}
