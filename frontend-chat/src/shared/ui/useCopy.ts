/** Copies, and says for two seconds that it did. */
import { useSnackbar } from 'notistack';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from './copyText';

export function useCopy(): [isCopied: boolean, copy: (text: string) => void] {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const [copies, setCopies] = useState(0);
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (copies === 0) return;
    const timer = setTimeout(() => setIsCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copies]);
  const copy = useCallback(
    async (text: string) => {
      if (!(await copyText(text))) {
        enqueueSnackbar(t('chat.copyFailed'), { variant: 'error' });
        return;
      }
      setIsCopied(true);
      setCopies((count) => count + 1);
    },
    [enqueueSnackbar, t],
  );
  return [isCopied, copy];
}
