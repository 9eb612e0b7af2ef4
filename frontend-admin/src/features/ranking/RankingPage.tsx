/** Which models answer better, by the votes of blind comparisons: strengths with their intervals, and who won against whom. */
import { Alert, Button, MenuItem, Skeleton, Stack, TextField, Typography } from '@mui/material';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, useLocale, useNotify, useTranslate } from 'react-admin';
import { type Language, ranking, type Ranking } from '@/shared/api/ranking';
import { count } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';
import { Strengths } from './Strengths';
import { WinRates } from './WinRates';

const LANGUAGES: Language[] = ['', 'ko', 'en'];
const ALL = 'all';

export function RankingPage() {
  const translate = useTranslate();
  const notify = useNotify();
  const say = (key: string, places = {}) => translate(`maru.ranking.${key}`, places);
  const [language, setLanguage] = useState<Language>('');
  const { data, isError } = useQuery({
    queryKey: ['ranking', language],
    queryFn: () => ranking.read(language),
    placeholderData: keepPreviousData,
  });
  const save = () => ranking.save(language).catch((error: unknown) => notify(sentenceOf(error), { type: 'error' }));
  return (
    <Stack spacing={2} sx={{ pt: 2, pb: 4, maxWidth: 1080 }}>
      <Title title={say('title')} />
      <Typography color="textSecondary" variant="body2">
        {say('lead')}
      </Typography>
      <Stack direction="row" spacing={1.5} sx={{ flexWrap: 'wrap', rowGap: 1, alignItems: 'center' }}>
        <TextField
          fullWidth={false}
          label={say('language')}
          onChange={(event) => setLanguage(LANGUAGES.find((one) => one === event.target.value) ?? '')}
          select
          sx={{ width: 180 }}
          value={language || ALL}
        >
          {LANGUAGES.map((one) => (
            <MenuItem key={one} value={one || ALL}>
              {say(`languages.${one || ALL}`)}
            </MenuItem>
          ))}
        </TextField>
        <Button disabled={!data?.models.length} onClick={save} variant="outlined">
          {say('save')}
        </Button>
      </Stack>
      {isError ? <Alert severity="error">{say('failed')}</Alert> : null}
      {data === undefined && !isError ? <Skeleton height={240} variant="rounded" /> : null}
      {data && <Found found={data} />}
    </Stack>
  );
}

function Found({ found }: { found: Ranking }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const say = (key: string, places = {}) => translate(`maru.ranking.${key}`, places);
  const told = (name: 'n_both_bad' | 'n_skipped' | 'n_not_blind' | 'n_left_out') =>
    found[name] > 0 ? say(name, { n: count(found[name], locale) }) : '';
  const counted = say('counted', { votes: count(found.n_votes, locale), voters: count(found.n_voters, locale) });
  const isThin = found.models.some((model) => model.low === null);
  return (
    <>
      <Typography data-testid="counted" variant="body2">
        {[counted, ...(['n_both_bad', 'n_skipped', 'n_not_blind', 'n_left_out'] as const).map(told)].join(' ').trim()}
      </Typography>
      {found.models.length === 0 ? (
        <Alert severity="info" variant="outlined">
          {say('none')}
        </Alert>
      ) : (
        <>
          {isThin && (
            <Alert severity="info" variant="outlined">
              {say('thin', { n: found.min_votes })}
            </Alert>
          )}
          {found.models.some((model) => model.group > 0) && (
            <Alert severity="info" variant="outlined">
              {say('apart')}
            </Alert>
          )}
          <Strengths models={found.models} />
          <WinRates found={found} />
        </>
      )}
    </>
  );
}
