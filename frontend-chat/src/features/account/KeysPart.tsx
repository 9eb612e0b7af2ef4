/** API keys: made with a name, scopes and an end, shown once, revoked at once. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { account, type ApiKey } from '@/shared/api/account';
import { useCopy } from '@/shared/ui/useCopy';
import { KeyDialog } from './KeyDialog';
import { KeyForm } from './KeyForm';
import { useKeyUse } from './useKeyUse';
import { cardStyle, Section } from './Section';

export default function KeysPart() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { data: keys } = useQuery({ queryKey: ['keys'], queryFn: account.keys });
  const refresh = () => queries.invalidateQueries({ queryKey: ['keys'] });
  const remove = useMutation({ mutationFn: account.removeKey, onSettled: refresh });
  const [fresh, setFresh] = useState<string | null>(null);
  const [edited, setEdited] = useState<ApiKey | null>(null);
  const [isCopied, copy] = useCopy();
  const usedToday = useKeyUse();
  const day = (at: string | null | undefined) => (at ? new Date(at).toLocaleDateString(i18n.language) : null);
  return (
    <Section title={t('account.keys')} lead={t('account.keysLead')}>
      {fresh && (
        <Alert
          severity="success"
          sx={{ mb: 2, overflowWrap: 'anywhere' }}
          onClose={() => setFresh(null)}
          action={
            <Button color="inherit" size="small" onClick={() => copy(fresh)}>
              {t(isCopied ? 'chat.copied' : 'chat.copy')}
            </Button>
          }
        >
          {t('account.keyOnce')} <code data-testid="new-key">{fresh}</code>
        </Alert>
      )}
      {!keys && <Skeleton variant="rounded" height={80} />}
      <Box component="ul" sx={{ m: 0, p: 0, display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: 1, mb: 3 }}>
        {keys?.map((key) => (
          <Box
            component="li"
            key={key.id}
            data-testid="key"
            sx={{
              ...cardStyle,
              listStyle: 'none',
              p: 1.5,
              display: 'flex',
              flexWrap: 'wrap',
              gap: 1,
              alignItems: 'center',
            }}
          >
            <Box sx={{ flex: '1 1 240px', minWidth: 0 }}>
              <Typography sx={{ fontWeight: 600 }} noWrap>
                {key.name}
              </Typography>
              <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
                {key.start}… · {key.scopes.join(', ')} ·{' '}
                {key.expires_at ? t('account.ends', { at: day(key.expires_at) }) : t('account.endsNever')} ·{' '}
                {key.last_used_at ? t('account.lastUsed', { at: day(key.last_used_at) }) : t('account.neverUsed')}
              </Typography>
              {key.scopes.includes('chat') && (
                <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }} data-testid="key-use">
                  {usedToday(key)}
                </Typography>
              )}
            </Box>
            <Button
              size="small"
              color="inherit"
              aria-label={t('account.editKey', { name: key.name })}
              onClick={() => setEdited(key)}
            >
              {t('account.edit')}
            </Button>
            <Button
              size="small"
              color="error"
              aria-label={t('account.revokeKey', { name: key.name })}
              onClick={() => remove.mutate(key.id)}
            >
              {t('account.revoke')}
            </Button>
          </Box>
        ))}
      </Box>
      <KeyForm
        onMade={(text) => {
          setFresh(text);
          refresh().catch(() => undefined);
        }}
      />
      {edited && <KeyDialog key={edited.id} apiKey={edited} onSaved={refresh} onClose={() => setEdited(null)} />}
    </Section>
  );
}
