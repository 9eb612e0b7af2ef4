/** Providers, from the outside in: theme, rows (asked for behind the first picture), toasts, routes. */
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { SnackbarProvider } from 'notistack';
import { BrowserRouter } from 'react-router';
import { PictureFirst } from './PictureFirst';
import { AppRoutes } from './routes';
import { theme } from './theme';
import { UpdateNotice } from './UpdateNotice';

export function App({ queries }: { queries: QueryClient }) {
  return (
    <ThemeProvider theme={theme} defaultMode="system" modeStorageKey="maru.theme">
      <CssBaseline enableColorScheme />
      <QueryClientProvider client={queries}>
        <PictureFirst>
          <SnackbarProvider
            maxSnack={3}
            autoHideDuration={5000}
            anchorOrigin={{ vertical: 'top', horizontal: 'center' }}
          >
            <UpdateNotice />
            <BrowserRouter>
              <AppRoutes />
            </BrowserRouter>
          </SnackbarProvider>
        </PictureFirst>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
