/** In the composer: that its message did not go, and the way to try again. The message is still there. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';

export function NotSent({ words, onRetry }: { words: string; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      severity="error"
      variant="outlined"
      data-testid="not-sent"
      sx={{ border: 0, px: 1, py: 0, alignItems: 'center' }}
      action={
        <Button size="small" color="inherit" onClick={onRetry} sx={{ whiteSpace: 'nowrap' }}>
          {t('app.retry')}
        </Button>
      }
    >
      {t('chat.notSent')}: {words}
    </Alert>
  );
}
