/** The reading column: messages, composer and notices share its width. */
import type { SxProps, Theme } from '@mui/material/styles';

export const COLUMN_WIDTH = 768;

export const columnStyle: SxProps<Theme> = {
  width: '100%',
  maxWidth: COLUMN_WIDTH,
  mx: 'auto',
  px: { xs: 2, sm: 3 },
  py: 0.5,
  outline: 'none',
  borderRadius: '12px',
  '&:focus-visible': { boxShadow: 'inset 0 0 0 2px var(--mui-palette-primary-main)' },
  '&:hover .actions, &:focus-within .actions': { opacity: 1 },
};

/** Of two answers side by side. */
export const wideColumnStyle: SxProps<Theme> = { ...columnStyle, maxWidth: 1280 };

/** `isQuiet`: on a touch screen, which cannot hover, they come with a tap on the message. */
export const actionsStyle = (isShown: boolean, isQuiet = false): SxProps<Theme> => ({
  display: 'flex',
  alignItems: 'center',
  gap: 0.25,
  minHeight: 32,
  opacity: isShown ? 1 : 0,
  transition: 'opacity 120ms',
  ...(!isQuiet && { '@media (hover: none)': { opacity: 1 } }),
});

export const composerStyle = {
  p: 1,
  border: 1,
  borderColor: 'divider',
  borderRadius: '26px',
  bgcolor: 'background.paper',
  boxShadow: '0 2px 16px rgb(60 40 20 / 6%)',
  transition: 'border-color 120ms',
  position: 'relative',
  '&:focus-within': { borderColor: 'primary.main' },
} as const;

// Three buttons leave a phone too little room for words beside them.
export const twoRowsOnPhones = {
  flexWrap: { xs: 'wrap', sm: 'nowrap' },
  '& > .MuiInputBase-root': { order: { xs: -1, sm: 0 } },
  '& > .MuiInputBase-root + *': { ml: { xs: 'auto', sm: 0 } },
} as const;
