/** The newest deliveries of one webhook; while it is open and something waits, it looks again. */
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Delivery, webhooks } from '@/shared/api/webhooks';

const LOOK_MS = 2_000;
const COLOURS = { waiting: 'default', delivered: 'success', failed: 'error' } as const;
const ERRORS = ['refused', 'unreachable', 'timeout', 'address_refused', 'given_up'] as const;

export function Deliveries({ id }: { id: number }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['deliveries', id],
    queryFn: () => webhooks.deliveries(id),
    refetchInterval: (query) => (query.state.data?.some((each) => each.status === 'waiting') ? LOOK_MS : false),
  });
  if (!data) return <Skeleton variant="rounded" height={60} />;
  if (data.length === 0) {
    return (
      <Typography variant="body2" sx={{ color: 'text.secondary', px: 0.5, py: 1 }}>
        {t('webhooks.noDeliveries')}
      </Typography>
    );
  }
  return (
    <Box
      component="ul"
      sx={{ m: 0, mt: 1, p: 0, display: 'grid', gap: 0.75, maxHeight: 320, overflowY: 'auto' }}
      tabIndex={0}
    >
      {data.map((delivery) => (
        <Row key={delivery.id} delivery={delivery} />
      ))}
    </Box>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  const { t, i18n } = useTranslation();
  const when = (at: string) => new Date(at).toLocaleString(i18n.language, { dateStyle: 'short', timeStyle: 'medium' });
  const error = ERRORS.find((code) => code === delivery.error_code);
  const parts = [
    when(delivery.created_at),
    delivery.event,
    t('webhooks.attempts', { count: delivery.n_attempts }),
    delivery.http_status ? `HTTP ${delivery.http_status}` : null,
    error ? t(`webhooks.error_${error}`) : null,
    delivery.status === 'waiting' && delivery.n_attempts > 0
      ? t('webhooks.nextAt', { at: when(delivery.due_at) })
      : null,
  ];
  return (
    <Box
      component="li"
      data-testid="delivery"
      sx={{ listStyle: 'none', display: 'flex', gap: 1, alignItems: 'center' }}
    >
      <Chip
        size="small"
        variant="outlined"
        color={COLOURS[delivery.status]}
        label={t(`webhooks.${delivery.status}`)}
        sx={{ minWidth: 76 }}
      />
      <Typography variant="caption" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
        {parts.filter(Boolean).join(' · ')}
      </Typography>
    </Box>
  );
}
