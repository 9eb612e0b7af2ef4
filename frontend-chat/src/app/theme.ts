/** The visual language: warm paper and walnut, one accent, soft corners, Korean-first type. Both schemes as CSS variables. */
import { createTheme } from '@mui/material/styles';

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
  "'Apple Color Emoji'",
  "'Segoe UI Emoji'",
  "'Noto Color Emoji'",
].join(', ');

/** What lies over the page: a line and a soft shadow, in both schemes. */
const FLOATING = {
  borderRadius: 14,
  border: '1px solid var(--mui-palette-divider)',
  boxShadow: '0 8px 30px rgb(30 20 10 / 14%)',
};

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: 'data-theme' },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#7b4b26', contrastText: '#ffffff' },
        secondary: { main: '#4b6455' },
        error: { main: '#b3261e' },
        warning: { main: '#8a5a00' },
        success: { main: '#2f6b3c' },
        info: { main: '#3d5a80' },
        background: { default: '#fbf9f5', paper: '#ffffff' },
        text: { primary: '#24201c', secondary: '#655d55' },
        divider: '#e7e1d8',
        surface: { side: '#f4f0e9', bubble: '#f0e9de', code: '#f6f2ec', hover: '#ebe4d9', mark: '#fae7b0' },
      },
    },
    dark: {
      palette: {
        primary: { main: '#e0b088', contrastText: '#2a1809' },
        secondary: { main: '#a9c4b3' },
        error: { main: '#ffb4ab' },
        warning: { main: '#f0c36d' },
        success: { main: '#9ed3a8' },
        info: { main: '#a8c2e6' },
        background: { default: '#191715', paper: '#221f1c' },
        text: { primary: '#ece6dd', secondary: '#aca398' },
        divider: '#37322d',
        surface: { side: '#141210', bubble: '#2d2823', code: '#211e1b', hover: '#2b2723', mark: '#5c4a1c' },
      },
    },
  },
  shape: { borderRadius: 12 },
  typography: {
    fontFamily: FONT,
    fontSize: 14,
    button: { textTransform: 'none', fontWeight: 600 },
    h1: { fontSize: '1.75rem', fontWeight: 700, letterSpacing: '-0.02em', lineHeight: 1.3 },
    h2: { fontSize: '1.125rem', fontWeight: 650, letterSpacing: '-0.01em', lineHeight: 1.4 },
    body1: { fontSize: '1rem', lineHeight: 1.7 },
    body2: { fontSize: '0.875rem', lineHeight: 1.55 },
    caption: { fontSize: '0.78rem', lineHeight: 1.45 },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: {
        'html, body, #root': { height: '100%' },
        // Toasts carry a class of their own library, not a theme.
        '.notistack-MuiContent': { borderRadius: '12px !important', fontFamily: 'inherit' },
        body: { overflow: 'hidden', WebkitFontSmoothing: 'antialiased', textRendering: 'optimizeLegibility' },
        // Korean breaks between words, not inside them.
        ':lang(ko)': { wordBreak: 'keep-all', overflowWrap: 'anywhere' },
        '@media (prefers-reduced-motion: reduce)': {
          '*, *::before, *::after': {
            animationDuration: '0.01ms !important',
            animationIterationCount: '1 !important',
            // HAZARD: not a little, but nothing: above 0 s all properties of all elements would pass over, and what is
            // measured at once, such as a diagram, would be measured where it came from.
            transitionDuration: '0s !important',
            scrollBehavior: 'auto !important',
          },
        },
      },
    },
    MuiInputBase: { styleOverrides: { input: { '&::placeholder': { opacity: 0.7 } } } },
    MuiButton: {
      defaultProps: { disableElevation: true },
      styleOverrides: { root: { borderRadius: 10, whiteSpace: 'nowrap' } },
    },
    MuiTooltip: { defaultProps: { enterDelay: 400, disableInteractive: true } },
    MuiDialog: { styleOverrides: { paper: { borderRadius: 16, backgroundImage: 'none' } } },
    MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
    MuiMenu: { styleOverrides: { paper: { minWidth: 180 } } },
    MuiPopover: { styleOverrides: { paper: FLOATING } },
    MuiMenuItem: { styleOverrides: { root: { fontSize: '0.9rem', gap: 12 } } },
    MuiListItemIcon: { styleOverrides: { root: { minWidth: '0 !important' } } },
  },
});

interface Surface {
  side: string;
  bubble: string;
  code: string;
  hover: string;
  mark: string;
}

declare module '@mui/material/styles' {
  interface Palette {
    surface: Surface;
  }
  interface PaletteOptions {
    surface?: Surface;
  }
}
