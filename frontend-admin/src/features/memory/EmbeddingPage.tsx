/** By which model memory finds what is meant alike, and how far the change to another one is. */
import {
  Alert,
  Autocomplete,
  Button,
  Card,
  CardContent,
  LinearProgress,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, useTranslate } from 'react-admin';
import { embeddings } from '@/shared/api/embeddings';
import { sentenceOf } from '@/shared/useAct';

const KEY = ['embeddings'];
const POLL_MS = 1_000;
export const BUILT_IN = 'hash:1';

export function EmbeddingPage() {
  const translate = useTranslate();
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: KEY,
    queryFn: embeddings.read,
    refetchInterval: ({ state }) => (state.data?.building ? POLL_MS : false),
  });
  const [typed, setTyped] = useState<string | null>(null);
  const onSettled = () => queries.invalidateQueries({ queryKey: KEY });
  const choose = useMutation({ mutationFn: embeddings.choose, onSettled });
  const giveUp = useMutation({ mutationFn: embeddings.giveUp, onSettled });
  if (error && !data) return <Alert severity="error">{translate(sentenceOf(error))}</Alert>;
  if (!data) return <LinearProgress aria-label={translate('maru.embeddings.title')} />;
  const { active, building, choices } = data;
  const nameOf = (model: string) => (model === BUILT_IN ? translate('maru.embeddings.built_in') : model);
  const wanted = typed ?? active.model;
  const share = building ? (100 * building.n_indexed) / Math.max(1, building.n_entries) : 0;
  return (
    <Card sx={{ mt: 2, maxWidth: 720 }}>
      <Title title={translate('maru.embeddings.title')} />
      <CardContent>
        <Stack spacing={2.5}>
          <Typography color="textSecondary">{translate('maru.embeddings.lead')}</Typography>
          <Typography data-testid="active">
            {translate('maru.embeddings.active', {
              model: nameOf(active.model),
              dimension: active.dimension ?? '–',
              n: active.n_indexed,
            })}
          </Typography>
          {building && (
            <Alert
              action={
                <Button color="inherit" loading={giveUp.isPending} onClick={() => giveUp.mutate()} size="small">
                  {translate('maru.embeddings.give_up')}
                </Button>
              }
              severity="info"
            >
              {translate('maru.embeddings.building', {
                model: nameOf(building.model),
                done: building.n_indexed,
                all: building.n_entries,
              })}
              <LinearProgress aria-label={building.model} sx={{ mt: 1 }} value={share} variant="determinate" />
            </Alert>
          )}
          <Autocomplete
            disablePortal // outside of every landmark it would be found by nobody who goes from one to the next
            freeSolo
            getOptionLabel={nameOf}
            onChange={(_, model) => setTyped(model)}
            onInputChange={(_, text, reason) => reason === 'input' && setTyped(text)}
            options={choices.map(({ model }) => model)}
            renderInput={(parameters) => (
              <TextField
                {...parameters}
                error={choose.isError}
                helperText={choose.isError ? sentenceOf(choose.error) : translate('maru.embeddings.help')}
                label={translate('maru.embeddings.model')}
              />
            )}
            value={wanted}
          />
          <Button
            disabled={wanted.trim() === '' || wanted === active.model || wanted === building?.model}
            loading={choose.isPending}
            onClick={() => choose.mutate(wanted.trim())}
            sx={{ alignSelf: 'flex-start' }}
            variant="contained"
          >
            {translate('maru.embeddings.choose')}
          </Button>
        </Stack>
      </CardContent>
    </Card>
  );
}
