/** What the account that is shown may beside or against its role, and what it used today. */
import { Box, Button, Stack, TextField, Typography } from '@mui/material';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  HttpError,
  useGetIdentity,
  useLocale,
  useNotify,
  usePermissions,
  useRecordContext,
  useTranslate,
} from 'react-admin';
import { type AdminUser, type OwnLimits, people, type UserLimits as Limits } from '@/shared/api/people';

type Name = keyof Limits['of_role'];
const NAMES: Name[] = ['messages_per_day', 'tokens_per_day', 'concurrent_turns', 'priority_weight', 'upload_max_mib'];
const keyOf = (id: number) => ['admin', 'limits', id];

export function UserLimits() {
  const user = useRecordContext<AdminUser>();
  const id = user?.id ?? 0;
  const { data } = useQuery({ queryKey: keyOf(id), queryFn: () => people.limits(id), enabled: id > 0 });
  return user && data ? <LimitsForm key={JSON.stringify(data.own)} limits={data} user={user} /> : null;
}

function LimitsForm({ user, limits }: { user: AdminUser; limits: Limits }) {
  const translate = useTranslate();
  const locale = useLocale();
  const notify = useNotify();
  const queries = useQueryClient();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { identity } = useGetIdentity();
  const [texts, setTexts] = useState(() => textsOf(limits));
  const save = useMutation({
    mutationFn: (own: OwnLimits) => people.changeLimits(user.id, own),
    onSuccess: (answer) => {
      queries.setQueryData(keyOf(user.id), answer);
      notify('maru.limits.saved', { type: 'success' });
    },
  });
  const problems = problemsOf(save.error);
  const mayChange = identity?.id !== user.id && (user.role === 'user' || permissions === 'superuser');
  const count = (value: number) => value.toLocaleString(locale);
  const ofRole = (name: Name) => {
    const value = limits.of_role[name];
    return translate('maru.limits.of_role', { value: value === 0 ? translate('maru.limits.no_limit') : count(value) });
  };
  return (
    <Box aria-labelledby="limits-title" component="section" sx={{ my: 2 }}>
      <Typography component="h2" id="limits-title" variant="subtitle1">
        {translate('maru.limits.title')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 2 }} variant="body2">
        {translate('maru.limits.used', {
          messages: count(limits.state.messages_per_day.used),
          tokens: count(limits.state.tokens_per_day.used),
          running: count(limits.state.concurrent_turns.used),
        })}{' '}
        {mayChange && translate('maru.limits.lead')}
      </Typography>
      <Stack direction="row" sx={{ flexWrap: 'wrap', gap: 2 }}>
        {NAMES.map((name) => (
          <TextField
            disabled={!mayChange || save.isPending}
            error={name in problems}
            helperText={problems[name] ?? ofRole(name)}
            key={name}
            label={translate(`maru.limits.${name}`)}
            margin="none"
            onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
            size="small"
            slotProps={{ htmlInput: { inputMode: 'numeric' }, inputLabel: { shrink: true } }}
            sx={{ width: 200 }}
            value={texts[name]}
          />
        ))}
      </Stack>
      {mayChange && (
        <Button
          disabled={save.isPending}
          onClick={() => save.mutate(valuesOf(texts))}
          sx={{ mt: 2 }}
          variant="outlined"
        >
          {translate('maru.limits.save')}
        </Button>
      )}
    </Box>
  );
}

const textsOf = ({ own }: Limits) =>
  Object.fromEntries(NAMES.map((name) => [name, String(own[name] ?? '')])) as Record<Name, string>;

/** What is no number goes to the server as it is: it knows the sentence for it. */
const valuesOf = (texts: Record<Name, string>) =>
  Object.fromEntries(
    NAMES.map((name) => {
      const text = texts[name].trim();
      return [name, text === '' ? null : /^\d+$/.test(text) ? Number(text) : text];
    }),
  ) as OwnLimits;

function problemsOf(error: unknown): Partial<Record<string, string>> {
  if (!(error instanceof HttpError)) return {};
  const fields = (error.body as { fields?: Record<string, string[]> } | null)?.fields;
  if (!fields) return { messages_per_day: error.message };
  return Object.fromEntries(Object.entries(fields).map(([name, sentences]) => [name, sentences.join(' ')]));
}
