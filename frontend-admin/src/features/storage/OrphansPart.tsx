/** What belongs to nobody: looked for on request, shown, and swept by kind. */
import { Alert, Box, Button, Card, Checkbox, FormControlLabel, Typography } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, HttpError, useLocale, useNotify, useTranslate } from 'react-admin';
import { type OrphanKind, type Orphans, storage } from '@/shared/api/storage';
import { bytes, count } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';

const SHOWN = 8;
const isAway = (error: unknown) =>
  error instanceof HttpError && (error.body as { code?: string } | null)?.code === 'documents_away';

export function OrphansPart() {
  const translate = useTranslate();
  const notify = useNotify();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<OrphanKind[]>([]);
  const [isAsking, setAsking] = useState(false);
  const scan = useMutation({ mutationFn: storage.orphans });
  const sweep = useMutation({
    mutationFn: storage.sweep,
    onSuccess: (swept) => {
      notify('maru.storage.swept', { type: 'success', messageArgs: { n: swept.reduce((n, one) => n + one.n, 0) } });
      setChosen([]);
      scan.mutate();
      void queries.invalidateQueries({ queryKey: ['admin', 'storage'] });
    },
  });
  const away = isAway(sweep.error) ? sentenceOf(sweep.error) : null;
  const problem = scan.error ?? (away ? null : sweep.error);
  const rows = scan.data?.filter((one) => one.n > 0 || !one.is_known) ?? [];
  const toggle = (kind: OrphanKind) =>
    setChosen(chosen.includes(kind) ? chosen.filter((one) => one !== kind) : [...chosen, kind]);
  return (
    <Card sx={{ p: 2.5, display: 'grid', gap: 2 }} variant="outlined">
      <Typography color="textSecondary" variant="body2">
        {translate('maru.storage.orphans_lead')}
      </Typography>
      {problem && <Alert severity="error">{translate(sentenceOf(problem))}</Alert>}
      {scan.data && rows.length === 0 && <Alert severity="success">{translate('maru.storage.clean')}</Alert>}
      {rows.map((one) => (
        <KindRow isChosen={chosen.includes(one.kind)} key={one.kind} onToggle={() => toggle(one.kind)} one={one} />
      ))}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5 }}>
        <Button loading={scan.isPending} onClick={() => scan.mutate()} variant="outlined">
          {translate('maru.storage.scan')}
        </Button>
        {rows.length > 0 && (
          <Button
            color="error"
            disabled={chosen.length === 0}
            loading={sweep.isPending}
            onClick={() => setAsking(true)}
            variant="contained"
          >
            {translate('maru.storage.sweep')}
          </Button>
        )}
      </Box>
      <Confirm
        content="maru.storage.sweep_ask"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          sweep.mutate({ kinds: chosen });
        }}
        title="maru.storage.sweep"
      />
      <Confirm
        confirm="maru.storage.away_sweep"
        content={translate('maru.storage.away_ask', { problem: away ?? '' })}
        isOpen={away !== null}
        onClose={() => sweep.reset()}
        onConfirm={() => sweep.mutate({ kinds: chosen, even_most: true })}
        title="maru.storage.away"
      />
    </Card>
  );
}

function KindRow({ one, isChosen, onToggle }: { one: Orphans; isChosen: boolean; onToggle: () => void }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  if (!one.is_known) return <Alert severity="warning">{translate('maru.storage.unknown')}</Alert>;
  const said = translate(one.n_bytes ? 'maru.storage.found' : 'maru.storage.found_n', {
    n: count(one.n, locale),
    size: bytes(one.n_bytes, locale),
  });
  const names = one.names.slice(0, SHOWN).join(', ');
  const nMore = one.n - Math.min(SHOWN, one.names.length);
  return (
    <Box data-testid={`orphans-${one.kind}`}>
      <FormControlLabel
        control={<Checkbox checked={isChosen} onChange={onToggle} />}
        label={
          <Typography sx={{ fontWeight: 600 }} variant="body2">
            {translate(`maru.storage.kind.${one.kind}`)} · {said}
          </Typography>
        }
      />
      <Typography color="textSecondary" sx={{ pl: 4 }} variant="body2">
        {translate(`maru.storage.why.${one.kind}`)}
      </Typography>
      <Typography color="textSecondary" component="div" sx={{ pl: 4, overflowWrap: 'anywhere' }} variant="caption">
        {names} {nMore > 0 && translate('maru.storage.more', { n: count(nMore, locale) })}
      </Typography>
    </Box>
  );
}
