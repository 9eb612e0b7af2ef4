/** “A new version is ready”: the page goes on as it is until somebody wants it. */
import Button from '@mui/material/Button';
import { useSnackbar } from 'notistack';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { keepShell } from './shell';

export function UpdateNotice() {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  useEffect(() => {
    keepShell((activate) =>
      enqueueSnackbar(t('app.newVersion'), {
        persist: true,
        preventDuplicate: true,
        action: (
          <Button color="inherit" size="small" onClick={activate}>
            {t('app.reload')}
          </Button>
        ),
      }),
    );
    // oxlint-disable-next-line react/exhaustive-deps -- once per page
  }, []);
  return null;
}
