/** Where one is signed in: device, last use; ending one or all others. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import Typography from '@mui/material/Typography';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { account } from '@/shared/api/account';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { Loading } from '@/shared/ui/Loading';
import { deviceOf } from './device';
import { cardStyle, Section } from './Section';

export default function LoginsPart() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const listed = useQuery({ queryKey: ['logins'], queryFn: account.logins });
  const { data: logins } = listed;
  const refresh = () => queries.invalidateQueries({ queryKey: ['logins'] });
  const onError = useProblemToast();
  const end = useMutation({ mutationFn: account.endLogin, onSettled: refresh, onError });
  const endOthers = useMutation({ mutationFn: account.endOthers, onSettled: refresh, onError });
  const when = (at: string) => new Date(at).toLocaleString(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Section title={t('account.logins')} lead={t('account.loginsLead')}>
      {!logins && <Loading of={listed} height={120} />}
      <Box component="ul" sx={{ m: 0, p: 0, display: 'grid', gap: 1, mb: 2 }}>
        {logins?.map((login) => (
          <Box
            component="li"
            key={login.id}
            data-testid="login"
            sx={{ ...cardStyle, listStyle: 'none', p: 1.5, display: 'flex', alignItems: 'center', gap: 1 }}
          >
            <Box sx={{ flex: 1, minWidth: 0 }}>
              <Typography sx={{ fontWeight: 600 }} noWrap title={login.user_agent}>
                {deviceOf(login.user_agent) || t('account.unknownDevice')}
              </Typography>
              <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
                {t('account.lastUsed', { at: when(login.last_used_at) })} ·{' '}
                {t('account.since', { at: when(login.created_at) })}
              </Typography>
            </Box>
            {login.is_current ? (
              <Chip size="small" label={t('account.thisOne')} />
            ) : (
              <Button size="small" color="error" onClick={() => end.mutate(login.id)}>
                {t('auth.logout')}
              </Button>
            )}
          </Box>
        ))}
      </Box>
      <Button variant="outlined" color="error" disabled={(logins?.length ?? 0) < 2} onClick={() => endOthers.mutate()}>
        {t('account.endOthers')}
      </Button>
    </Section>
  );
}
