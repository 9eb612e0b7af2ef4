/** Whether Maru is signed in at a tool server (OAuth); the way to the provider, and out again. */
import { Alert, Button, Chip, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Confirm, HttpError, useLocale, useNotify, useTranslate } from 'react-admin';
import { tools, type ToolServer } from '@/shared/api/tools';
import { sentenceOf, useAct } from '@/shared/useAct';
import { ClientDialog } from './ClientDialog';

interface SignInLineProps {
  server: ToolServer;
  onChanged: () => void;
}

const COLORS = { connected: 'success', expired: 'warning', refused: 'error', unreadable: 'error' } as const;
type State = keyof typeof COLORS;

export function SignInLine({ server, onChanged }: SignInLineProps) {
  const translate = useTranslate();
  const locale = useLocale();
  const notify = useNotify();
  const [isLeaving, setIsLeaving] = useState(false);
  const [needed, setNeeded] = useState<string | null>(null);
  const signIn = server.sign_in;
  const connect = useConnect(server.id, setNeeded);
  const disconnect = useAct(
    () => tools.disconnect(server.id),
    ({ is_revoked }) => {
      notify(`maru.tools.sign_in.${is_revoked ? 'given_back' : 'forgotten'}`, { type: 'info' });
      onChanged();
    },
  );
  const isConnected = signIn?.state === 'connected';
  const isAsked = server.error_code === 'sign_in_needed' || (signIn !== null && !isConnected);
  // A server with a token of its own needs nobody to sign in, unless it says so.
  if (!signIn && !isAsked && (server.token_state === 'set' || server.tools.length > 0)) return null;
  const at = signIn?.connected_at ? new Date(signIn.connected_at).toLocaleString(locale) : '';
  return (
    <Stack sx={{ px: 2, pb: 1.5, gap: 1 }}>
      {isAsked && !signIn ? <Alert severity="info">{translate('maru.tools.sign_in.needed')}</Alert> : null}
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1, flexWrap: 'wrap' }}>
        {signIn ? (
          <>
            <Chip
              color={COLORS[signIn.state as State] ?? 'default'}
              data-testid="sign-in"
              label={translate(`maru.tools.sign_in.${signIn.state}`)}
              size="small"
              variant="outlined"
            />
            <Typography
              color="textSecondary"
              sx={{ flex: '1 1 200px', minWidth: 0, overflowWrap: 'anywhere' }}
              variant="caption"
            >
              {translate(isConnected ? 'maru.tools.sign_in.since' : 'maru.tools.sign_in.at', {
                at,
                issuer: signIn.issuer,
              })}
              {isConnected && signIn.scope ? ` · ${signIn.scope}` : ''}
            </Typography>
          </>
        ) : null}
        <Button
          disabled={connect.isPending}
          onClick={() => connect.mutate({})}
          size="small"
          variant={isAsked ? 'contained' : 'outlined'}
        >
          {translate(`maru.tools.sign_in.${signIn ? 'again' : 'connect'}`)}
        </Button>
        {signIn ? (
          <Button disabled={disconnect.isPending} onClick={() => setIsLeaving(true)} size="small">
            {translate('maru.tools.sign_in.disconnect')}
          </Button>
        ) : null}
      </Stack>
      <Confirm
        content={translate('maru.tools.sign_in.disconnect_content')}
        isOpen={isLeaving}
        onClose={() => setIsLeaving(false)}
        onConfirm={() => {
          setIsLeaving(false);
          disconnect.mutate(undefined);
        }}
        title={translate('maru.tools.sign_in.disconnect_of', { name: server.name })}
      />
      {needed ? (
        <ClientDialog
          isPending={connect.isPending}
          lead={needed}
          onClose={() => setNeeded(null)}
          onGiven={(client) => connect.mutate(client)}
        />
      ) : null}
    </Stack>
  );
}

/** Leaves for the provider; `onNeeded` gets the sentence of a provider that registers nobody by itself. */
function useConnect(id: number, onNeeded: (sentence: string) => void) {
  const act = (client: Parameters<typeof tools.connect>[1]) =>
    tools.connect(id, client).catch((error: unknown) => {
      const isNeeded =
        error instanceof HttpError && (error.body as { code?: string } | null)?.code === 'tool_client_needed';
      if (!isNeeded) throw error;
      onNeeded(sentenceOf(error));
      return null;
    });
  return useAct(act, (begun) => {
    if (begun) location.assign(begun.authorization_url);
  });
}
