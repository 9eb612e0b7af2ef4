/** One's webhooks: made with an address, their secret shown once, their deliveries to look at. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { webhooks } from '@/shared/api/webhooks';
import { useCopy } from '@/shared/ui/useCopy';
import { Loading } from '@/shared/ui/Loading';
import { WebhookCard } from './WebhookCard';
import { WebhookForm } from './WebhookForm';

export default function WebhooksPart() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const listed = useQuery({ queryKey: ['webhooks'], queryFn: webhooks.list });
  const { data } = listed;
  const [secret, setSecret] = useState<string | null>(null);
  const [isCopied, copy] = useCopy();
  const refresh = () => {
    queries.invalidateQueries({ queryKey: ['webhooks'] }).catch(() => undefined);
  };
  const shown = (fresh: string) => {
    setSecret(fresh);
    refresh();
  };
  return (
    <Box component="section" aria-labelledby="webhooks-title">
      <Typography id="webhooks-title" variant="h2" sx={{ mb: 0.25 }}>
        {t('webhooks.part')}
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 2, maxWidth: 560 }}>
        {t('webhooks.lead')}
      </Typography>
      {data && !data.is_on && (
        <Alert severity="info" sx={{ mb: 2 }}>
          {t('webhooks.off')}
        </Alert>
      )}
      {secret && (
        <Alert
          severity="success"
          sx={{ mb: 2, overflowWrap: 'anywhere' }}
          onClose={() => setSecret(null)}
          action={
            <Button color="inherit" size="small" onClick={() => copy(secret)}>
              {t(isCopied ? 'chat.copied' : 'chat.copy')}
            </Button>
          }
        >
          {t('webhooks.secretOnce')} <code data-testid="webhook-secret">{secret}</code>
        </Alert>
      )}
      {!data && <Loading of={listed} height={80} />}
      {data?.results.length === 0 && data.is_on && (
        <Typography sx={{ color: 'text.secondary', mb: 2 }}>{t('webhooks.none')}</Typography>
      )}
      <Box component="ul" sx={{ m: 0, p: 0, display: 'grid', gap: 1, mb: 3 }}>
        {data?.results.map((webhook) => (
          <WebhookCard key={webhook.id} webhook={webhook} isOn={data.is_on} onChanged={refresh} onSecret={shown} />
        ))}
      </Box>
      {data?.is_on && <WebhookForm onMade={shown} />}
    </Box>
  );
}
