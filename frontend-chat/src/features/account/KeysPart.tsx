/** API keys: made with a name, scopes and an end, shown once, revoked at once. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { account, type ApiKey } from '@/shared/api/account';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { useCopy } from '@/shared/ui/useCopy';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { Loading } from '@/shared/ui/Loading';
import { KeyDialog } from './KeyDialog';
import { KeyForm } from './KeyForm';
import { KeyItem } from './KeyItem';
import { Section } from './Section';

export default function KeysPart() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const listed = useQuery({ queryKey: ['keys'], queryFn: account.keys });
  const { data: keys } = listed;
  const refresh = () => queries.invalidateQueries({ queryKey: ['keys'] });
  const remove = useMutation({ mutationFn: account.removeKey, onSettled: refresh, onError: useProblemToast() });
  const [fresh, setFresh] = useState<string | null>(null);
  const [edited, setEdited] = useState<ApiKey | null>(null);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const [isCopied, copy] = useCopy();
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
      {!keys && <Loading of={listed} height={80} />}
      <Box component="ul" sx={{ m: 0, p: 0, display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: 1, mb: 3 }}>
        {keys?.map((key) => (
          <KeyItem key={key.id} apiKey={key} onEdit={() => setEdited(key)} onRevoke={() => setDoomed(key)} />
        ))}
      </Box>
      <KeyForm
        onMade={(text) => {
          setFresh(text);
          refresh().catch(() => undefined);
        }}
      />
      {edited && <KeyDialog key={edited.id} apiKey={edited} onSaved={refresh} onClose={() => setEdited(null)} />}
      {doomed && (
        <ConfirmDialog
          title={t('account.revokeTitle')}
          text={t('account.revokeText', { name: doomed.name })}
          confirm={t('account.revoke')}
          onCancel={() => setDoomed(null)}
          onConfirm={() => {
            remove.mutate(doomed.id);
            setDoomed(null);
          }}
        />
      )}
    </Section>
  );
}
