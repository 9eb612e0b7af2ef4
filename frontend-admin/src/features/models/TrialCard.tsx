/** A measurement through the engine, when somebody asks for it. */
import { Alert, Box, Button, Card, CardContent, CircularProgress, Stack, Typography } from '@mui/material';
import { useMutation } from '@tanstack/react-query';
import { useLocale, useTranslate } from 'react-admin';
import { models, type ModelRow } from '@/shared/api/models';
import { count } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';

export function TrialCard({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const trial = useMutation({ mutationFn: () => models.measure(model.id) });
  const rate = (n: number | null) =>
    n === null
      ? translate('maru.models.trial.too_short')
      : translate('maru.models.trial.rate', { n: count(n, locale) });
  const found = trial.data;
  return (
    <Card variant="outlined">
      <CardContent>
        <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 2, flexWrap: 'wrap', alignItems: 'center' }}>
          <Box sx={{ flex: '1 1 280px' }}>
            <Typography component="h2" variant="h6">
              {translate('maru.models.trial.heading')}
            </Typography>
            <Typography color="textSecondary" variant="body2">
              {translate('maru.models.trial.text')}
            </Typography>
          </Box>
          <Button
            disabled={trial.isPending}
            onClick={() => trial.mutate()}
            startIcon={trial.isPending ? <CircularProgress aria-hidden size={16} /> : undefined}
            variant="outlined"
          >
            {translate(trial.isPending ? 'maru.models.trial.running' : 'maru.models.trial.run')}
          </Button>
        </Stack>
        {trial.error ? (
          <Alert severity="error" sx={{ mt: 2 }}>
            {translate(sentenceOf(trial.error))}
          </Alert>
        ) : null}
        {found ? (
          <Stack aria-live="polite" direction="row" sx={{ gap: 4, mt: 2, flexWrap: 'wrap' }}>
            <Figure
              label={translate('maru.models.trial.prefill')}
              note={translate('maru.models.trial.of', { n: found.prompt_tokens })}
              value={rate(found.prefill_per_s)}
            />
            <Figure
              label={translate('maru.models.trial.decode')}
              note={translate('maru.models.trial.of', { n: found.completion_tokens })}
              value={rate(found.decode_per_s)}
            />
            <Figure label={translate('maru.models.trial.ttft')} value={`${count(found.ttft_ms, locale)} ms`} />
            {found.load_s === null ? null : (
              <Figure label={translate('maru.models.trial.load')} value={`${count(found.load_s, locale)} s`} />
            )}
          </Stack>
        ) : null}
      </CardContent>
    </Card>
  );
}

function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <Box>
      <Typography color="textSecondary" variant="caption">
        {label}
      </Typography>
      <Typography sx={{ fontWeight: 650, fontVariantNumeric: 'tabular-nums' }} variant="body1">
        {value}
      </Typography>
      {note ? (
        <Typography color="textSecondary" variant="caption">
          {note}
        </Typography>
      ) : null}
    </Box>
  );
}
