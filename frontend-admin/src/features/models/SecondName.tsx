/** The same file under a second name: a model with adapters of its own, for a persona to name. */
import { Button, Card, CardContent, MenuItem, Stack, TextField, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useRedirect, useTranslate } from 'react-admin';
import { models, type ModelList, type ModelRow } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';

interface SecondNameProps {
  model: ModelRow;
  adapters: ModelList['adapters'];
}

export function SecondName({ model, adapters }: SecondNameProps) {
  const translate = useTranslate();
  const redirect = useRedirect();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [adapter, setAdapter] = useState('');
  const [strength, setStrength] = useState('1');
  const fitting = adapters.filter((one) => one.architecture === model.architecture);
  const make = useAct(
    () => models.nameAgain(model.id, name.trim(), adapter ? [[adapter, Number(strength)]] : []),
    () => {
      void client.invalidateQueries({ queryKey: ['models'] });
      redirect('/models');
    },
  );
  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate(undefined);
  }
  return (
    <Card variant="outlined">
      <CardContent>
        <Typography component="h2" variant="h6">
          {translate('maru.models.again.heading')}
        </Typography>
        <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
          {translate('maru.models.again.text')}
        </Typography>
        <Stack
          component="form"
          direction={{ xs: 'column', sm: 'row' }}
          onSubmit={submit}
          sx={{ gap: 1, maxWidth: 720, alignItems: { sm: 'center' } }}
        >
          <TextField
            label={translate('maru.models.again.name')}
            onChange={(event) => setName(event.target.value)}
            required
            slotProps={{ htmlInput: { maxLength: 120 } }}
            value={name}
          />
          {fitting.length > 0 ? (
            <TextField
              label={translate('maru.models.again.adapter')}
              onChange={(event) => setAdapter(event.target.value)}
              select
              slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
              sx={{ minWidth: 140 }}
              value={adapter}
            >
              <MenuItem value="">{translate('maru.models.again.no_adapter')}</MenuItem>
              {fitting.map((one) => (
                <MenuItem key={one.name} value={one.name}>
                  {one.name}
                </MenuItem>
              ))}
            </TextField>
          ) : null}
          {adapter ? (
            <TextField
              label={translate('maru.models.again.strength')}
              onChange={(event) => setStrength(event.target.value)}
              required
              slotProps={{ htmlInput: { min: -10, max: 10, step: 0.05 } }}
              sx={{ width: { sm: 110 } }}
              type="number"
              value={strength}
            />
          ) : null}
          <Button disabled={make.isPending} sx={{ flexShrink: 0 }} type="submit" variant="outlined">
            {translate('maru.models.again.make')}
          </Button>
        </Stack>
      </CardContent>
    </Card>
  );
}
