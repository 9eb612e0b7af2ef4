/** A new API key. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { account, type ApiKeyInput } from '@/shared/api/account';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { isOfLimits, KeyLimitFields, textsOf, valuesOf } from './KeyLimitFields';

const DAY_MS = 86_400_000;
const LIVES = [30, 90, 365, 0] as const;
const SCOPES: Record<string, ApiKeyInput['scopes']> = { chat: ['chat'], read: ['read'] };

export function KeyForm({ onMade }: { onMade: (text: string) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [scope, setScope] = useState('chat');
  const [days, setDays] = useState<number>(90);
  const [limits, setLimits] = useState(() => textsOf());
  const make = useMutation({
    mutationFn: account.makeKey,
    onSuccess: (made) => {
      setName('');
      setLimits(textsOf());
      onMade(made.key);
    },
  });
  const problem = make.error instanceof ApiError ? make.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const expires_at = days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString();
    make.mutate({ name: name.trim(), scopes: SCOPES[scope] ?? ['read'], expires_at, limits: valuesOf(limits) });
  };
  return (
    <Stack
      component="form"
      onSubmit={submit}
      spacing={2}
      sx={{ maxWidth: 380, alignItems: 'flex-start', '& .MuiTextField-root': { width: '100%' } }}
    >
      <TextField
        size="small"
        required
        label={t('account.keyName')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problem?.fields.name !== undefined}
        helperText={problem?.fields.name?.join(' ') ?? t('account.keyNameHelp')}
        slotProps={{ htmlInput: { maxLength: 80 } }}
      />
      <TextField
        select
        size="small"
        label={t('account.scope')}
        value={scope}
        onChange={(event) => setScope(event.target.value)}
      >
        <MenuItem value="chat">{t('account.scopeChat')}</MenuItem>
        <MenuItem value="read">{t('account.scopeRead')}</MenuItem>
      </TextField>
      <TextField
        select
        size="small"
        label={t('account.keyLife')}
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
      >
        {LIVES.map((life) => (
          <MenuItem key={life} value={life}>
            {life === 0 ? t('account.endsNever') : t('account.days', { count: life })}
          </MenuItem>
        ))}
      </TextField>
      {scope === 'chat' && (
        <Box component="details" sx={{ width: '100%', '& > summary': { cursor: 'pointer', color: 'text.secondary' } }}>
          <Typography component="summary" variant="body2">
            {t('account.keyLimits')}
          </Typography>
          <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1, mb: 2 }}>
            {t('account.keyLimitsLead')}
          </Typography>
          <KeyLimitFields texts={limits} onChange={setLimits} problem={problem} />
        </Box>
      )}
      {problem && !problem.fields.name && !isOfLimits(problem) && (
        <Alert severity="error">{problemText(t, problem)}</Alert>
      )}
      <Button type="submit" variant="contained" disabled={name.trim() === '' || make.isPending}>
        {t('account.makeKey')}
      </Button>
    </Stack>
  );
}
