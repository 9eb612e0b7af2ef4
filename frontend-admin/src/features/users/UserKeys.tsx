/** API keys of the account that is shown: what each may, what it used today, and its end. Never its text. */
import { Box, Button, Divider, Stack, TextField, Typography } from '@mui/material';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  Confirm,
  useGetIdentity,
  useLocale,
  useNotify,
  usePermissions,
  useRecordContext,
  useTranslate,
} from 'react-admin';
import { type AdminUser, type ApiKey, type KeyLimits, people } from '@/shared/api/people';
import { sentenceOf } from '@/shared/useAct';

const NAMES: (keyof KeyLimits)[] = ['messages_per_day', 'tokens_per_day', 'concurrent_turns'];
const keyOf = (id: number) => ['admin', 'keys', id];

export function UserKeys() {
  const translate = useTranslate();
  const user = useRecordContext<AdminUser>();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { identity } = useGetIdentity();
  const id = user?.id ?? 0;
  const { data } = useQuery({ queryKey: keyOf(id), queryFn: () => people.keys(id), enabled: id > 0 });
  if (!user || !data) return null;
  const mayChange = identity?.id !== id && (user.role === 'user' || permissions === 'superuser');
  return (
    <Box aria-labelledby="keys-title" component="section" sx={{ my: 2 }}>
      <Typography component="h2" id="keys-title" variant="subtitle1">
        {translate('maru.keys.title')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
        {translate(data.length > 0 ? 'maru.keys.lead' : 'maru.keys.none')}
      </Typography>
      <Stack divider={<Divider />} spacing={2}>
        {data.map((key) => (
          <KeyRow apiKey={key} key={`${key.id} ${JSON.stringify(key.limits)}`} mayChange={mayChange} userId={id} />
        ))}
      </Stack>
    </Box>
  );
}

interface RowProps {
  apiKey: ApiKey;
  mayChange: boolean;
  userId: number;
}

function KeyRow({ apiKey, mayChange, userId }: RowProps) {
  const translate = useTranslate();
  const locale = useLocale();
  const notify = useNotify();
  const queries = useQueryClient();
  const [texts, setTexts] = useState(() => textsOf(apiKey.limits));
  const [isAsking, setAsking] = useState(false);
  const then = (said: string) => ({
    onSuccess: () => {
      notify(said, { type: 'success' });
      return queries.invalidateQueries({ queryKey: keyOf(userId) });
    },
    onError: (error: unknown) => notify(sentenceOf(error), { type: 'error' }),
  });
  const save = useMutation({
    mutationFn: () => people.changeKey(userId, apiKey.id, valuesOf(texts)),
    ...then('maru.limits.saved'),
  });
  const remove = useMutation({
    mutationFn: () => people.removeKey(userId, apiKey.id),
    ...then('maru.keys.removed'),
  });
  const names = apiKey.scopes.includes('chat') ? NAMES : [];
  const count = (value: number) => value.toLocaleString(locale);
  const day = (at: string | null | undefined) => (at ? new Date(at).toLocaleDateString(locale) : '–');
  return (
    <Box data-testid="key">
      <Typography sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>{apiKey.name}</Typography>
      <Typography color="textSecondary" sx={{ mb: 1.5 }} variant="body2">
        {translate('maru.keys.state', {
          start: apiKey.start,
          scopes: apiKey.scopes.join(', '),
          used: day(apiKey.last_used_at),
          messages: count(apiKey.today.n_messages),
          tokens: count(apiKey.today.n_tokens),
        })}
      </Typography>
      <Stack direction="row" sx={{ flexWrap: 'wrap', gap: 2, alignItems: 'center' }}>
        {names.map((name) => (
          <TextField
            disabled={!mayChange || save.isPending}
            key={name}
            label={translate(`maru.limits.${name}`)}
            margin="none"
            onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
            placeholder={translate('maru.limits.no_limit')}
            size="small"
            slotProps={{ htmlInput: { inputMode: 'numeric', maxLength: 12 }, inputLabel: { shrink: true } }}
            sx={{ width: 180 }}
            value={texts[name]}
          />
        ))}
        {mayChange && (
          <Stack direction="row" spacing={1}>
            {names.length > 0 && (
              <Button
                aria-label={translate('maru.keys.save_of', { name: apiKey.name })}
                disabled={save.isPending}
                onClick={() => save.mutate()}
                variant="outlined"
              >
                {translate('maru.keys.save')}
              </Button>
            )}
            <Button
              aria-label={translate('maru.keys.remove_of', { name: apiKey.name })}
              color="error"
              disabled={remove.isPending}
              onClick={() => setAsking(true)}
            >
              {translate('maru.keys.remove')}
            </Button>
          </Stack>
        )}
      </Stack>
      <Confirm
        content={translate('maru.keys.ask', { name: apiKey.name })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          remove.mutate();
        }}
        title={translate('maru.keys.remove')}
      />
    </Box>
  );
}

const textsOf = (limits: KeyLimits) =>
  Object.fromEntries(NAMES.map((name) => [name, limits[name] > 0 ? String(limits[name]) : ''])) as Record<
    keyof KeyLimits,
    string
  >;

/** What is no number goes to the server as it is: it knows the sentence for it. */
const valuesOf = (texts: Record<keyof KeyLimits, string>) =>
  Object.fromEntries(
    NAMES.map((name) => {
      const text = texts[name].trim();
      return [name, text === '' ? 0 : /^\d+$/.test(text) ? Number(text) : text];
    }),
  ) as KeyLimits;
