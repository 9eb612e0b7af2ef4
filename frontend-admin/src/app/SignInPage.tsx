/** Where staff signs in. On a house without an administrator it leads to where one is made. */
import { Alert, Box, Button, Card, CardContent, Stack, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { LocalesMenuButton, LoginForm, Notification, ToggleThemeButton, useTranslate } from 'react-admin';
import { setupState, STAFF_ONLY, visitor } from '@/shared/api/authProvider';
import { LOCALES } from '@/shared/i18n';
import logo from './logo.svg';

const corner = { position: 'absolute', top: 12, right: 12, display: 'flex', color: 'text.secondary' } as const;

const formArea = { mt: 1, '&& .RaLoginForm-content': { width: '100%', p: 0, py: 2 } } as const;

export function SignInPage() {
  const translate = useTranslate();
  const setup = useQuery({ queryKey: ['setup'], queryFn: setupState });
  const atTheDoor = useQuery({ queryKey: ['visitor'], queryFn: visitor, retry: false });
  const isStranger = atTheDoor.data != null && !atTheDoor.data.is_staff;
  return (
    <Box
      component="main"
      sx={{ minHeight: '100vh', display: 'grid', placeItems: 'center', p: 2, position: 'relative' }}
    >
      <Box sx={corner}>
        <LocalesMenuButton languages={LOCALES} />
        <ToggleThemeButton />
      </Box>
      <Card variant="outlined" sx={{ width: '100%', maxWidth: 400 }}>
        <CardContent sx={{ p: { xs: 2, sm: 3 } }}>
          <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center', mb: 1 }}>
            <Box alt="" component="img" height={36} src={logo} width={36} />
            <Typography component="h1" variant="h6">
              {translate('maru.auth.heading')}
            </Typography>
          </Stack>
          <Typography color="textSecondary" variant="body2">
            {translate('maru.auth.hint')}
          </Typography>
          {setup.data?.needs_setup ? (
            <Alert severity="info" sx={{ mt: 2 }}>
              {translate('maru.auth.needs_setup')}
            </Alert>
          ) : null}
          {isStranger ? (
            <Alert severity="warning" sx={{ mt: 2 }}>
              {translate(STAFF_ONLY)}
            </Alert>
          ) : null}
          {setup.isError ? (
            <Alert severity="error" sx={{ mt: 2 }}>
              {translate('maru.error.unreachable')}
            </Alert>
          ) : null}
          <Box sx={formArea}>
            <LoginForm />
          </Box>
          <Button href="/" fullWidth>
            {translate(setup.data?.needs_setup ? 'maru.auth.go_to_setup' : 'maru.to_chat')}
          </Button>
        </CardContent>
      </Card>
      <Notification />
    </Box>
  );
}
