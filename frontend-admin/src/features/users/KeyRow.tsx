/** One API key of somebody: what it may and used today, its limits, its end. */
import { Box, Button, Stack, TextField, Typography } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useLocale, useNotify, useTranslate } from 'react-admin';
import { type ApiKey, type KeyLimits, people } from '@/shared/api/people';
import { sentenceOf } from '@/shared/useAct';

const NAMES: (keyof KeyLimits)[] = ['messages_per_day', 'tokens_per_day', 'concurrent_turns'];

export const keysOf = (userId: number) => ['admin', 'keys', userId];

interface RowProps {
  apiKey: ApiKey;
  mayChange: boolean;
  userId: number;
}

export function KeyRow({ apiKey, mayChange, userId }: RowProps) {
  const translate = useTranslate();
  const locale = useLocale();
  const notify = useNotify();
  const queries = useQueryClient();
  const [texts, setTexts] = useState(() => textsOf(apiKey.limits));
  const [isAsking, setAsking] = useState(false);
  const then = (said: string) => ({
    onSuccess: () => {
      notify(said, { type: 'success' });
      return queries.invalidateQueries({ queryKey: keysOf(userId) });
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
