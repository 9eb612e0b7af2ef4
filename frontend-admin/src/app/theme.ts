/** The chat's visual language (its theme.ts), for react-admin: warm paper and walnut, one accent, soft corners. */
import { FormControl, styled, type Theme } from '@mui/material';
import { defaultTheme, type RaThemeOptions } from 'react-admin';

const FONT = [
  "'Pretendard Variable'",
  'Pretendard',
  '-apple-system',
  'BlinkMacSystemFont',
  "'Apple SD Gothic Neo'",
  "'Malgun Gothic'",
  "'Noto Sans KR'",
  "'Segoe UI'",
  'sans-serif',
].join(', ');

const SIDE = { light: '#f4f0e9', dark: '#141210' };

/** react-admin still gives text fields the `InputProps` of an older MUI beside `slotProps`: this one would write them on an element. */
const TextFieldRoot = styled(FormControl, {
  shouldForwardProp: (name) => name !== 'InputProps' && name !== 'ownerState',
})({});

const shared = (mode: 'light' | 'dark') =>
  ({
    ...defaultTheme,
    shape: { borderRadius: 12 },
    sidebar: { width: 208, closedWidth: 56 },
    typography: {
      fontFamily: FONT,
      fontSize: 14,
      button: { textTransform: 'none', fontWeight: 600 },
      h6: { fontSize: '1.0625rem', fontWeight: 650, letterSpacing: '-0.01em' },
    },
    components: {
      ...defaultTheme.components,
      MuiCssBaseline: {
        styleOverrides: {
          // Korean breaks between words, not inside them.
          ':lang(ko)': { wordBreak: 'keep-all', overflowWrap: 'anywhere' },
          '@media (prefers-reduced-motion: reduce)': {
            '*, *::before, *::after': {
              animationDuration: '0.01ms !important',
              // HAZARD: not a little, but nothing: above 0 s all properties of all elements would pass over, and what is
              // measured at once, such as a diagram, would be measured where it came from.
              transitionDuration: '0s !important',
            },
          },
        },
      },
      MuiAppBar: {
        defaultProps: { elevation: 0 },
        styleOverrides: {
          root: ({ theme }: { theme: Theme }) => ({
            backgroundColor: SIDE[mode],
            backgroundImage: 'none',
            borderBottom: `1px solid ${theme.palette.divider}`,
          }),
        },
      },
      MuiTextField: {
        defaultProps: {
          variant: 'outlined' as const,
          margin: 'dense' as const,
          size: 'small' as const,
          fullWidth: true,
          slots: { root: TextFieldRoot },
        },
      },
      MuiFormControl: {
        defaultProps: {
          variant: 'outlined' as const,
          margin: 'dense' as const,
          size: 'small' as const,
          fullWidth: true,
        },
      },
      RaTopToolbar: { styleOverrides: { root: { '&&': { backgroundColor: 'transparent' } } } },
      RaListToolbar: { styleOverrides: { root: { '&&': { backgroundColor: 'transparent' } } } },
      MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
      MuiButton: { defaultProps: { disableElevation: true }, styleOverrides: { root: { borderRadius: 10 } } },
      MuiChip: { styleOverrides: { root: { fontWeight: 600 } } },
      RaLayout: { styleOverrides: { root: { '& .RaLayout-content': { padding: '8px 24px 24px', minWidth: 0 } } } },
      RaSidebar: { styleOverrides: { root: { '& .MuiDrawer-paper': { backgroundColor: SIDE[mode] } } } },
      RaMenuItemLink: {
        styleOverrides: {
          root: ({ theme }: { theme: Theme }) => ({
            borderRadius: 10,
            margin: '2px 8px',
            padding: '8px 12px',
            '&.RaMenuItemLink-active': {
              backgroundColor: theme.palette.action.selected,
              color: theme.palette.text.primary,
              fontWeight: 600,
            },
          }),
        },
      },
      RaList: { styleOverrides: { root: { '& .RaList-main': { minWidth: 0 } } } },
      RaDatagrid: {
        styleOverrides: {
          root: ({ theme }: { theme: Theme }) => ({
            // A table that is too wide scrolls in its card; the page does not.
            '& .RaDatagrid-tableWrapper': { overflowX: 'auto' },
            '& .RaDatagrid-headerCell': {
              backgroundColor: 'transparent',
              color: theme.palette.text.secondary,
              fontWeight: 600,
              whiteSpace: 'nowrap',
            },
            '& .RaDatagrid-rowCell': { paddingTop: 10, paddingBottom: 10 },
          }),
        },
      },
    },
  }) satisfies RaThemeOptions;

export const lightTheme: RaThemeOptions = {
  ...shared('light'),
  palette: {
    mode: 'light',
    primary: { main: '#7b4b26', contrastText: '#ffffff' },
    secondary: { main: '#4b6455' },
    error: { main: '#b3261e' },
    warning: { main: '#8a5a00' },
    success: { main: '#2f6b3c' },
    info: { main: '#3d5a80' },
    background: { default: '#fbf9f5', paper: '#ffffff' },
    text: { primary: '#24201c', secondary: '#655d55' },
    divider: '#e7e1d8',
  },
};

export const darkTheme: RaThemeOptions = {
  ...shared('dark'),
  palette: {
    mode: 'dark',
    primary: { main: '#e0b088', contrastText: '#2a1809' },
    secondary: { main: '#a9c4b3' },
    error: { main: '#ffb4ab' },
    warning: { main: '#f0c36d' },
    success: { main: '#9ed3a8' },
    info: { main: '#a8c2e6' },
    background: { default: '#191715', paper: '#221f1c' },
    text: { primary: '#ece6dd', secondary: '#aca398' },
    divider: '#37322d',
  },
};
