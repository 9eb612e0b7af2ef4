/** A new webhook. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { webhooks } from '@/shared/api/webhooks';
import { problemText } from '@/shared/i18n/problem';

export function WebhookForm({ onMade }: { onMade: (secret: string) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const make = useMutation({
    mutationFn: webhooks.make,
    onSuccess: (made) => {
      setName('');
      setUrl('');
      onMade(made.secret);
    },
  });
  const problem = make.error instanceof ApiError ? make.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ name: name.trim(), url: url.trim() });
  };
  return (
    <Stack
      component="form"
      onSubmit={submit}
      spacing={2}
      sx={{ maxWidth: 480, alignItems: 'flex-start', '& .MuiTextField-root': { width: '100%' } }}
    >
      <TextField
        size="small"
        required
        label={t('webhooks.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problem?.fields.name !== undefined}
        helperText={problem?.fields.name?.join(' ')}
        slotProps={{ htmlInput: { maxLength: 80 } }}
      />
      <TextField
        size="small"
        required
        label={t('webhooks.address')}
        placeholder="https://"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        error={problem?.fields.url !== undefined}
        helperText={problem?.fields.url?.join(' ')}
        slotProps={{ htmlInput: { maxLength: 500, inputMode: 'url' } }}
      />
      {problem && !problem.fields.name && !problem.fields.url && (
        <Alert severity="error">{problemText(t, problem)}</Alert>
      )}
      <Button type="submit" variant="contained" disabled={!name.trim() || !url.trim() || make.isPending}>
        {t('webhooks.make')}
      </Button>
    </Stack>
  );
}
