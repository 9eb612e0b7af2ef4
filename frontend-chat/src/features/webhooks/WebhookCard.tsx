/** One webhook: its switch, what can be done with it, and its deliveries on demand. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { type Webhook, webhooks } from '@/shared/api/webhooks';
import { problemText } from '@/shared/i18n/problem';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { Deliveries } from './Deliveries';

interface Props {
  webhook: Webhook;
  isOn: boolean;
  onChanged: () => void;
  onSecret: (secret: string) => void;
}

export function WebhookCard({ webhook, isOn, onChanged, onSecret }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState<'remove' | 'rotate' | null>(null);
  const { id, name } = webhook;
  const change = useMutation({
    mutationFn: (is_active: boolean) => webhooks.change(id, { is_active }),
    onSettled: onChanged,
  });
  const remove = useMutation({ mutationFn: () => webhooks.remove(id), onSettled: onChanged });
  const rotate = useMutation({ mutationFn: () => webhooks.rotate(id), onSuccess: (made) => onSecret(made.secret) });
  const ping = useMutation({
    mutationFn: () => webhooks.ping(id),
    onSuccess: () => {
      setOpen(true);
      return queries.invalidateQueries({ queryKey: ['deliveries', id] });
    },
  });
  const problem = [change.error, remove.error, rotate.error, ping.error].find((error) => error instanceof ApiError);
  return (
    <Box
      component="li"
      data-testid="webhook"
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: '14px',
        bgcolor: 'background.paper',
        listStyle: 'none',
        p: 1.5,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography sx={{ fontWeight: 600 }} noWrap>
            {name}
          </Typography>
          <Typography variant="caption" component="p" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
            {webhook.url}
          </Typography>
        </Box>
        <Switch
          checked={webhook.is_active}
          onChange={(_, is_active) => change.mutate(is_active)}
          slotProps={{ input: { 'aria-label': t('webhooks.active', { name }) } }}
        />
      </Box>
      {webhook.is_given_up && (
        <Alert severity="warning" sx={{ mt: 1 }}>
          {t('webhooks.givenUp', { count: webhook.n_failures })}
        </Alert>
      )}
      {problem instanceof ApiError && (
        <Alert severity="error" sx={{ mt: 1 }}>
          {problemText(t, problem)}
        </Alert>
      )}
      <Stack direction="row" spacing={0.5} sx={{ mt: 0.5, ml: -0.5, flexWrap: 'wrap' }}>
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t('webhooks.deliveries')}
        </Button>
        <Button size="small" disabled={!isOn || !webhook.is_active || ping.isPending} onClick={() => ping.mutate()}>
          {t('webhooks.ping')}
        </Button>
        <Button size="small" disabled={rotate.isPending} onClick={() => setAsked('rotate')}>
          {t('webhooks.rotate')}
        </Button>
        <Button
          size="small"
          color="error"
          aria-label={t('webhooks.removeOf', { name })}
          onClick={() => setAsked('remove')}
        >
          {t('webhooks.remove')}
        </Button>
      </Stack>
      {isOpen && <Deliveries id={id} />}
      {asked && (
        <ConfirmDialog
          title={t(`webhooks.${asked}Title`)}
          text={t(`webhooks.${asked}Text`, { name })}
          confirm={t(`webhooks.${asked}`)}
          onCancel={() => setAsked(null)}
          onConfirm={() => {
            setAsked(null);
            (asked === 'remove' ? remove : rotate).mutate();
          }}
        />
      )}
    </Box>
  );
}
