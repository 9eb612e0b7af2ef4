/** What users thought of answers: sums by model, the answers of those who share them, and the training set. */
import {
  Alert,
  Button,
  Card,
  CardContent,
  LinearProgress,
  MenuItem,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '@mui/material';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, useLocale, useTranslate } from 'react-admin';
import { feedback, type Choice, type ExportKind, type FeedbackSum } from '@/shared/api/feedback';
import { count } from '@/shared/figures';
import { sentenceOf, useAct } from '@/shared/useAct';
import { RatedAnswer } from './RatedAnswer';

export function FeedbackPage() {
  const translate = useTranslate();
  const [choice, setChoice] = useState<Choice>({ value: '', model: '' });
  const { data: sums } = useQuery({ queryKey: ['feedback-sums'], queryFn: feedback.sums });
  const pages = useInfiniteQuery({
    queryKey: ['feedback', choice],
    queryFn: ({ pageParam }) => feedback.page(choice, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
  const rows = pages.data?.pages.flatMap((one) => one.results) ?? [];
  return (
    <Stack sx={{ gap: 2, pt: 2, maxWidth: 980 }}>
      <Title title={translate('resources.feedback.name', { smart_count: 2 })} />
      <Alert severity="info" variant="outlined">
        {translate('maru.feedback.privacy')}
      </Alert>
      {sums && sums.length > 0 ? <Sums sums={sums} /> : null}
      <Export choice={choice} nShared={(sums ?? []).reduce((n, one) => n + one.n_shared, 0)} />
      <Filters choice={choice} models={(sums ?? []).map((one) => one.model)} onChange={setChoice} />
      {pages.isPending ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {pages.error ? <Alert severity="error">{translate(sentenceOf(pages.error))}</Alert> : null}
      {rows.map((row) => (
        <RatedAnswer key={row.message} row={row} />
      ))}
      {pages.data && rows.length === 0 ? <Typography>{translate('maru.feedback.none')}</Typography> : null}
      {pages.hasNextPage ? (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {translate('maru.feedback.more')}
        </Button>
      ) : null}
    </Stack>
  );
}

function Sums({ sums }: { sums: FeedbackSum[] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const names = ['good', 'bad', 'shared'] as const;
  return (
    <TableContainer component={Card} variant="outlined">
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{translate('maru.feedback.model')}</TableCell>
            {names.map((name) => (
              <TableCell align="right" key={name}>
                {translate(`maru.feedback.${name}`)}
              </TableCell>
            ))}
            <TableCell />
          </TableRow>
        </TableHead>
        <TableBody>
          {sums.map((one) => (
            <TableRow key={one.model}>
              <TableCell sx={{ overflowWrap: 'anywhere' }}>{one.model || '–'}</TableCell>
              {names.map((name) => (
                <TableCell align="right" key={name}>
                  {count(one[`n_${name}`], locale)}
                </TableCell>
              ))}
              <TableCell>
                {translate('maru.feedback.share', {
                  n: Math.round((one.n_good / Math.max(1, one.n_good + one.n_bad)) * 100),
                })}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function Export({ choice, nShared }: { choice: Choice; nShared: number }) {
  const translate = useTranslate();
  const save = useAct((kind: ExportKind) => feedback.save(kind, choice));
  return (
    <Card variant="outlined">
      <CardContent>
        <Typography component="h2" variant="h6">
          {translate('maru.feedback.export.heading')}
        </Typography>
        <Typography color="textSecondary" sx={{ mb: 1.5 }} variant="body2">
          {translate('maru.feedback.export.text')} {translate('maru.feedback.export.count', { n: nShared })}.
        </Typography>
        <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap' }}>
          {(['chat', 'preference'] as const).map((kind) => (
            <Button
              disabled={nShared === 0 || save.isPending}
              key={kind}
              onClick={() => save.mutate(kind)}
              size="small"
              variant="outlined"
            >
              {translate(`maru.feedback.export.${kind}`)}
            </Button>
          ))}
        </Stack>
      </CardContent>
    </Card>
  );
}

interface FiltersProps {
  choice: Choice;
  models: string[];
  onChange: (choice: Choice) => void;
}

function Filters({ choice, models, onChange }: FiltersProps) {
  const translate = useTranslate();
  return (
    <Stack direction="row" sx={{ gap: 2, flexWrap: 'wrap', alignItems: 'center' }}>
      <ToggleButtonGroup
        exclusive
        onChange={(_, value: string | null) => onChange({ ...choice, value: value ?? '' })}
        size="small"
        value={choice.value}
      >
        <ToggleButton value="">{translate('maru.feedback.all')}</ToggleButton>
        <ToggleButton value="1">{translate('maru.feedback.good')}</ToggleButton>
        <ToggleButton value="-1">{translate('maru.feedback.bad')}</ToggleButton>
      </ToggleButtonGroup>
      <TextField
        fullWidth={false}
        label={translate('maru.feedback.model')}
        onChange={(event) => onChange({ ...choice, model: event.target.value })}
        select
        slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
        sx={{ width: 240, m: 0 }}
        value={choice.model}
      >
        <MenuItem value="">{translate('maru.feedback.any_model')}</MenuItem>
        {models.filter(Boolean).map((model) => (
          <MenuItem key={model} value={model}>
            {model}
          </MenuItem>
        ))}
      </TextField>
    </Stack>
  );
}
