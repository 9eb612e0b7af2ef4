/** Another name or other limits for a key that is there. */
import Alert from '@mui/material/Alert';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { account, type ApiKey } from '@/shared/api/account';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { FormDialog } from '@/shared/ui/FormDialog';
import { isOfLimits, KeyLimitFields, textsOf, valuesOf } from './KeyLimitFields';

interface Props {
  apiKey: ApiKey;
  onSaved: () => unknown;
  onClose: () => void;
}

export function KeyDialog({ apiKey, onSaved, onClose }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState(apiKey.name);
  const [limits, setLimits] = useState(() => textsOf(apiKey.limits));
  const save = useMutation({
    mutationFn: () => account.changeKey(apiKey.id, { name: name.trim(), limits: valuesOf(limits) }),
    onSuccess: () => {
      onSaved();
      onClose();
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  return (
    <FormDialog
      title={t('account.editKey', { name: apiKey.name })}
      submit={t('account.save')}
      isSaving={save.isPending}
      isIncomplete={name.trim() === ''}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextField
        size="small"
        label={t('account.keyName')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problem?.fields.name !== undefined}
        helperText={problem?.fields.name?.join(' ')}
        slotProps={{ htmlInput: { maxLength: 80 } }}
      />
      {apiKey.scopes.includes('chat') && (
        <>
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {t('account.keyLimitsLead')}
          </Typography>
          <KeyLimitFields texts={limits} onChange={setLimits} problem={problem} />
        </>
      )}
      {problem && !problem.fields.name && !isOfLimits(problem) && (
        <Alert severity="error">{problemText(t, problem)}</Alert>
      )}
    </FormDialog>
  );
}
