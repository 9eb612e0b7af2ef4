/** What users thought of answers: sums by model, the answers of those who share them, and the training set. */
import { Alert, Button, LinearProgress, Stack, Typography } from '@mui/material';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, useTranslate } from 'react-admin';
import { feedback, type Choice } from '@/shared/api/feedback';
import { sentenceOf } from '@/shared/useAct';
import { Export } from './Export';
import { Filters } from './Filters';
import { RatedAnswer } from './RatedAnswer';
import { Sums } from './Sums';

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
