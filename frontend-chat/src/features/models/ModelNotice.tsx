/** Above the composer: that there is no model and what to do, that it is loading, or that it is only the starter (once). */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useModels } from '@/shared/api/useModels';
import { useEngine } from './useEngine';
import { localKept } from '@/shared/storage';

const STARTER_SEEN = 'maru.starter.seen';

export function ModelNotice() {
  const { t } = useTranslation();
  const engine = useEngine();
  const models = useModels();
  const [isStarterSeen, setIsStarterSeen] = useState(() => localKept.getItem(STARTER_SEEN) !== null);
  const isStarter = models.data?.some((model) => model.is_default && model.is_starter) ?? false;

  if (engine.data === 'no_model') return <NoModel onCheck={() => engine.refetch()} />;
  if (engine.data === 'starting' || engine.data === 'down') {
    return (
      <Alert severity="info" variant="outlined" role="status" sx={{ mb: 1.5 }} data-testid="engine-notice">
        {t(engine.data === 'starting' ? 'model.starting' : 'model.down')}
      </Alert>
    );
  }
  if (!isStarter || isStarterSeen) return null;
  const gotIt = () => {
    localKept.setItem(STARTER_SEEN, '1');
    setIsStarterSeen(true);
  };
  return (
    <Alert
      severity="info"
      variant="outlined"
      role="status"
      data-testid="starter-notice"
      sx={{ mb: 1.5, alignItems: 'center' }}
      action={
        <Button size="small" color="inherit" onClick={gotIt} sx={{ whiteSpace: 'nowrap' }}>
          {t('model.starterGot')}
        </Button>
      }
    >
      {t('model.starterNotice')}
    </Alert>
  );
}

function NoModel({ onCheck }: { onCheck: () => void }) {
  const { t } = useTranslation();
  return (
    <Box
      role="status"
      data-testid="no-model"
      sx={{ mb: 1.5, p: 2.5, border: 1, borderColor: 'divider', borderRadius: '16px', bgcolor: 'background.paper' }}
    >
      <Typography variant="h2">{t('model.noneTitle')}</Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 0.5 }}>
        {t('model.noneText')}
      </Typography>
      <Box component="ol" sx={{ pl: 2.5, my: 1.5, fontSize: '0.9rem', '& li': { mb: 0.5 } }}>
        <li>{t('model.noneStep1')}</li>
        <li>{t('model.noneStep2')}</li>
        <li>{t('model.noneStep3')}</li>
      </Box>
      <Button size="small" variant="outlined" onClick={onCheck}>
        {t('model.checkAgain')}
      </Button>
    </Box>
  );
}
