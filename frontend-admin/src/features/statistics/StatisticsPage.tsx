/** What was asked and answered over the days, by model or by persona; as charts, as a table, as CSV. */
import { Alert, Button, Card, CardContent, MenuItem, Skeleton, Stack, TextField, Typography } from '@mui/material';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, useNotify, useTranslate } from 'react-admin';
import { type By, statistics } from '@/shared/api/statistics';
import { sentenceOf } from '@/shared/useAct';
import { DayCharts } from './DayCharts';
import { StatisticsTable } from './StatisticsTable';

const RANGES = [7, 30, 90, 365];
const BYS: By[] = ['day', 'model', 'persona'];

export function StatisticsPage() {
  const translate = useTranslate();
  const notify = useNotify();
  const [asked, setAsked] = useState<{ by: By; days: number }>({ by: 'day', days: 30 });
  const say = (key: string, places = {}) => translate(`maru.statistics.${key}`, places);
  const { data, isError } = useQuery({
    queryKey: ['statistics', asked],
    queryFn: () => statistics.read(asked),
    placeholderData: keepPreviousData,
  });
  const save = () => statistics.save(asked).catch((error: unknown) => notify(sentenceOf(error), { type: 'error' }));
  return (
    <Stack spacing={2} sx={{ pt: 2, pb: 4, maxWidth: 1280 }}>
      <Title title={say('title')} />
      <Typography color="textSecondary" variant="body2">
        {say('lead')}
      </Typography>
      <Stack direction="row" spacing={1.5} sx={{ flexWrap: 'wrap', rowGap: 1, alignItems: 'center' }}>
        <TextField
          fullWidth={false}
          label={say('range')}
          onChange={(event) => setAsked({ ...asked, days: Number(event.target.value) })}
          select
          sx={{ width: 140 }}
          value={asked.days}
        >
          {RANGES.map((n) => (
            <MenuItem key={n} value={n}>
              {say('days', { n })}
            </MenuItem>
          ))}
        </TextField>
        <TextField
          fullWidth={false}
          label={say('by')}
          onChange={(event) => setAsked({ ...asked, by: event.target.value as By })}
          select
          sx={{ width: 140 }}
          value={asked.by}
        >
          {BYS.map((by) => (
            <MenuItem key={by} value={by}>
              {say(`group.${by}`)}
            </MenuItem>
          ))}
        </TextField>
        <Button onClick={save} variant="outlined">
          {say('save')}
        </Button>
      </Stack>
      {isError ? <Alert severity="error">{say('failed')}</Alert> : null}
      {data === undefined && !isError ? <Skeleton height={240} variant="rounded" /> : null}
      {data !== undefined && data.by === 'day' && <DayCharts rows={data.rows} />}
      {data !== undefined && (
        <Card variant="outlined">
          <CardContent sx={{ p: 0, '&:last-child': { pb: 0 } }}>
            <StatisticsTable found={data} />
          </CardContent>
        </Card>
      )}
    </Stack>
  );
}
