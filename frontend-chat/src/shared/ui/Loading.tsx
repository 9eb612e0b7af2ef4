/** Stands where rows will be: that they come, or why they did not and the way to ask again. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';

interface LoadingProps {
  /** The query that has no data yet. */
  of: { error: unknown; refetch: () => Promise<unknown> };
  height: number;
}

export function Loading({ of: { error, refetch }, height }: LoadingProps) {
  const { t } = useTranslation();
  if (!error) return <Skeleton variant="rounded" height={height} />;
  const retry = (
    <Button color="inherit" size="small" onClick={() => void refetch()}>
      {t('app.retry')}
    </Button>
  );
  return (
    <Alert severity="error" action={retry}>
      {problemText(t, error instanceof ApiError ? error : { code: 'error' })}
    </Alert>
  );
}
