/** A new rule. A dry run says what it would have met before it is added. */
import { Alert, Box, Button, Card, MenuItem, TextField } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { HttpError, useLocale, useNotify, useTranslate } from 'react-admin';
import { type DryRun, moderation, type NewRule } from '@/shared/api/moderation';

const EMPTY: NewRule = { name: '', kind: 'word', pattern: '', direction: 'in', action: 'flag', is_active: true };
const CHOICES = {
  kind: ['word', 'regex'],
  direction: ['in', 'out', 'both'],
  action: ['flag', 'mask', 'refuse'],
} as const;

export function NewRuleForm() {
  const translate = useTranslate();
  const notify = useNotify();
  const queries = useQueryClient();
  const [rule, setRule] = useState(EMPTY);
  const tried = useMutation({ mutationFn: moderation.dryRun });
  const added = useMutation({
    mutationFn: moderation.add,
    onSuccess: async () => {
      notify('maru.moderation.added', { type: 'success' });
      setRule(EMPTY);
      tried.reset();
      await queries.invalidateQueries({ queryKey: ['admin', 'moderation'] });
    },
  });
  const problems = problemsOf(added.error ?? tried.error);
  const set = (change: Partial<NewRule>) => {
    setRule({ ...rule, ...change });
    tried.reset();
    added.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    added.mutate(rule);
  };
  const isBusy = added.isPending || tried.isPending;
  return (
    <Card component="form" onSubmit={submit} sx={{ p: 2.5, display: 'grid', gap: 2 }} variant="outlined">
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 2fr' } }}>
        {(['name', 'pattern'] as const).map((name) => (
          <TextField
            error={name in problems}
            helperText={problems[name]}
            key={name}
            label={translate(`maru.moderation.${name}`)}
            margin="none"
            onChange={(event) => set({ [name]: event.target.value })}
            required
            size="small"
            slotProps={{ htmlInput: { maxLength: name === 'name' ? 80 : 500 } }}
            value={rule[name]}
          />
        ))}
      </Box>
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: 'repeat(3, 1fr)' } }}>
        {(Object.keys(CHOICES) as (keyof typeof CHOICES)[]).map((name) => (
          <TextField
            key={name}
            label={translate(`maru.moderation.${name}`)}
            margin="none"
            onChange={(event) => set({ [name]: event.target.value })}
            select
            size="small"
            value={rule[name]}
          >
            {CHOICES[name].map((value) => (
              <MenuItem key={value} value={value}>
                {translate(`maru.moderation.${name}_${value}`)}
              </MenuItem>
            ))}
          </TextField>
        ))}
      </Box>
      {tried.data && <Tried result={tried.data} />}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5 }}>
        <Button disabled={isBusy || rule.pattern === ''} onClick={() => tried.mutate(rule)} variant="outlined">
          {translate('maru.moderation.dry_run')}
        </Button>
        <Button disabled={isBusy || rule.pattern === '' || rule.name === ''} type="submit" variant="contained">
          {translate('maru.moderation.add')}
        </Button>
      </Box>
    </Card>
  );
}

function Tried({ result }: { result: DryRun }) {
  const translate = useTranslate();
  const locale = useLocale();
  const count = (value: number) => value.toLocaleString(locale);
  return (
    <Alert data-testid="dry-run" severity={result.n_timeouts > 0 ? 'warning' : 'info'}>
      {translate('maru.moderation.dry_run_said', {
        n_matches: count(result.n_matches),
        n_checked: count(result.n_checked),
        n_users: count(result.n_users),
      })}{' '}
      {result.n_timeouts > 0 && translate('maru.moderation.dry_run_slow', { n: count(result.n_timeouts) })}
    </Alert>
  );
}

function problemsOf(error: unknown): Partial<Record<string, string>> {
  if (!(error instanceof HttpError)) return {};
  const fields = (error.body as { fields?: Record<string, string[]> } | null)?.fields;
  if (!fields) return { pattern: error.message };
  return Object.fromEntries(Object.entries(fields).map(([name, sentences]) => [name, sentences.join(' ')]));
}
