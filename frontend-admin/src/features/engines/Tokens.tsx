/** Tokens by which engines register themselves. Each is shown once. */
import { Button, Card, CardContent, Checkbox, FormControlLabel, Stack, TextField, Typography } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { engines, type JoinToken } from '@/shared/api/engines';
import { SecretDialog } from '@/shared/SecretDialog';
import { useAct } from '@/shared/useAct';

const NOTHING = { name: '', days: '', may_be_private: true };

export function Tokens() {
  const translate = useTranslate();
  const client = useQueryClient();
  const { data: tokens } = useQuery({ queryKey: ['engine-tokens'], queryFn: engines.tokens });
  const [asked, setAsked] = useState(NOTHING);
  const [secret, setSecret] = useState<{ name: string; token: string } | null>(null);
  const make = useAct(
    () => engines.newToken({ ...asked, days: asked.days ? Number(asked.days) : null }),
    (made) => {
      setAsked(NOTHING);
      setSecret(made);
      void client.invalidateQueries({ queryKey: ['engine-tokens'] });
    },
  );
  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate(undefined);
  }
  return (
    <Card variant="outlined">
      <CardContent>
        <Typography component="h2" variant="h6">
          {translate('maru.engines.tokens.heading')}
        </Typography>
        <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
          {translate('maru.engines.tokens.text')}
        </Typography>
        {tokens?.map((token) => (
          <TokenLine key={token.id} token={token} />
        ))}
        <Stack
          component="form"
          direction={{ xs: 'column', sm: 'row' }}
          onSubmit={submit}
          sx={{ columnGap: 1.5, alignItems: { sm: 'center' }, flexWrap: 'wrap', mt: 1 }}
        >
          <TextField
            label={translate('maru.engines.tokens.name')}
            onChange={(event) => setAsked({ ...asked, name: event.target.value })}
            required
            slotProps={{ htmlInput: { maxLength: 60 } }}
            sx={{ maxWidth: { sm: 220 } }}
            value={asked.name}
          />
          <TextField
            label={translate('maru.engines.tokens.days')}
            onChange={(event) => setAsked({ ...asked, days: event.target.value })}
            slotProps={{ htmlInput: { min: 1, max: 3650 } }}
            sx={{ maxWidth: { sm: 220 } }}
            type="number"
            value={asked.days}
          />
          <FormControlLabel
            control={
              <Checkbox
                checked={asked.may_be_private}
                onChange={(event) => setAsked({ ...asked, may_be_private: event.target.checked })}
              />
            }
            label={translate('maru.engines.tokens.private')}
          />
          <Button disabled={make.isPending} sx={{ flexShrink: 0 }} type="submit" variant="outlined">
            {translate('maru.engines.tokens.make')}
          </Button>
        </Stack>
        {secret ? (
          <SecretDialog
            onClose={() => setSecret(null)}
            secret={secret.token}
            text={translate('maru.engines.tokens.once')}
            title={translate('maru.engines.tokens.title', { name: secret.name })}
          />
        ) : null}
      </CardContent>
    </Card>
  );
}

function TokenLine({ token }: { token: JoinToken }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const revoke = useAct(
    () => engines.revoke(token.id),
    () => {
      void client.invalidateQueries({ queryKey: ['engine-tokens'] });
      void client.invalidateQueries({ queryKey: ['engines'] });
    },
  );
  const day = (text: string) => new Date(text).toLocaleDateString(locale);
  const told = [
    token.last_used_at
      ? translate('maru.engines.tokens.used', { when: day(token.last_used_at) })
      : translate('maru.engines.tokens.never'),
    token.expires_at ? translate('maru.engines.tokens.ends', { when: day(token.expires_at) }) : '',
  ].filter(Boolean);
  return (
    <Stack direction="row" sx={{ alignItems: 'center', gap: 1, borderTop: 1, borderColor: 'divider', py: 0.5 }}>
      <Typography sx={{ flex: 1, overflowWrap: 'anywhere' }} variant="body2">
        <strong>{token.name}</strong> · {told.join(' · ')}
      </Typography>
      <Button
        aria-label={`${translate('maru.engines.tokens.revoke')}: ${token.name}`}
        color="error"
        onClick={() => setAsking(true)}
        size="small"
      >
        {translate('maru.engines.tokens.revoke')}
      </Button>
      <Confirm
        content={translate('maru.engines.tokens.revoke_ask', { name: token.name })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          revoke.mutate(undefined);
        }}
        title={translate('maru.engines.tokens.revoke')}
      />
    </Stack>
  );
}
