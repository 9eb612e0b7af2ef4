/** The same file under a second name: a model with adapters of its own, for a persona to name. */
import { Button, Card, CardContent, Stack, TextField, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useRedirect, useTranslate } from 'react-admin';
import { models, type ModelRow } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';

export function SecondName({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  const redirect = useRedirect();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const make = useAct(
    () => models.nameAgain(model.id, name.trim()),
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
          sx={{ gap: 1, maxWidth: 520, alignItems: { sm: 'center' } }}
        >
          <TextField
            label={translate('maru.models.again.name')}
            onChange={(event) => setName(event.target.value)}
            required
            slotProps={{ htmlInput: { maxLength: 120 } }}
            value={name}
          />
          <Button disabled={make.isPending} sx={{ flexShrink: 0 }} type="submit" variant="outlined">
            {translate('maru.models.again.make')}
          </Button>
        </Stack>
      </CardContent>
    </Card>
  );
}
