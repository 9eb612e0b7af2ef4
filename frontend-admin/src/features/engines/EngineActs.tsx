/** What can be done with an engine: a test request, draining, changing, removing. */
import { Box, Button, Stack, Typography } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { engines, type Engine } from '@/shared/api/engines';
import { count } from '@/shared/figures';
import { sentenceOf, useAct } from '@/shared/useAct';

export interface EngineActsProps {
  engine: Engine;
  isAdmin: boolean;
  onEdit: () => void;
}

export function EngineActs({ engine, isAdmin, onEdit }: EngineActsProps) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const client = useQueryClient();
  const [question, setQuestion] = useState<'drain' | 'remove' | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ['engines'] });
  const drain = useAct((is_draining: boolean) => engines.change(engine.name, { is_draining }), again);
  const remove = useAct(() => engines.remove(engine.name), again);
  const test = useMutation({ mutationFn: () => engines.test(engine.name) });
  const isOurs = isAdmin && engine.origin !== 'configuration';
  const found = test.data;
  return (
    <Stack sx={{ alignItems: { xs: 'flex-start', sm: 'flex-end' }, gap: 0.5 }}>
      <Stack direction="row" sx={{ gap: 0.5, flexWrap: 'wrap' }}>
        <Button disabled={test.isPending || engine.state === 'gone'} onClick={() => test.mutate()} size="small">
          {translate('maru.engines.test')}
        </Button>
        {isOurs ? (
          <Button onClick={() => (engine.is_draining ? drain.mutate(false) : setQuestion('drain'))} size="small">
            {translate(engine.is_draining ? 'maru.engines.undrain' : 'maru.engines.drain')}
          </Button>
        ) : null}
        {isOurs && engine.origin === 'administrator' ? (
          <Button onClick={onEdit} size="small">
            {translate('maru.engines.edit')}
          </Button>
        ) : null}
        {isOurs ? (
          <Button color="error" onClick={() => setQuestion('remove')} size="small">
            {translate('maru.engines.remove')}
          </Button>
        ) : null}
      </Stack>
      <Box aria-live="polite">
        {found ? (
          <Typography color={found.is_good ? 'success.main' : 'error.main'} variant="body2">
            {found.is_good
              ? translate('maru.engines.test_good', {
                  model: found.model,
                  n: found.n_tokens,
                  ms: count(found.ttft_ms ?? 0, locale),
                })
              : found.detail}
          </Typography>
        ) : null}
        {test.error ? (
          <Typography color="error.main" variant="body2">
            {translate(sentenceOf(test.error))}
          </Typography>
        ) : null}
      </Box>
      {question ? (
        <Confirm
          content={translate(`maru.engines.${question}_ask`, { name: engine.name })}
          isOpen
          onClose={() => setQuestion(null)}
          onConfirm={() => {
            if (question === 'drain') drain.mutate(true);
            else remove.mutate(undefined);
            setQuestion(null);
          }}
          title={translate(`maru.engines.${question}`)}
        />
      ) : null}
    </Stack>
  );
}
