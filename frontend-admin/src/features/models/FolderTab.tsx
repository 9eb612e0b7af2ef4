/** Files that lie below the models folder already. */
import { Button, Stack, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useLocale, useNotify, useTranslate } from 'react-admin';
import { modelFiles, type ModelFiles } from '@/shared/api/models';
import { bytes } from '@/shared/figures';
import { useAct } from '@/shared/useAct';

export function FolderTab({ files }: { files: ModelFiles }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const notify = useNotify();
  const client = useQueryClient();
  const takeIn = useAct(modelFiles.takeIn, ({ name }) => {
    notify('maru.models.bring.done', { type: 'success', messageArgs: { name } });
    void client.invalidateQueries({ queryKey: ['models'] });
    void client.invalidateQueries({ queryKey: ['model-files'] });
  });
  return (
    <Stack sx={{ gap: 1 }}>
      <Typography color="textSecondary" variant="body2">
        {translate(files.loose.length > 0 ? 'maru.models.bring.loose_text' : 'maru.models.bring.loose_none')}
      </Typography>
      {files.loose.map((file) => (
        <Stack direction="row" key={file.path} sx={{ alignItems: 'center', gap: 2 }}>
          <Typography sx={{ overflowWrap: 'anywhere', flex: 1 }} variant="body2">
            {file.path} · {bytes(file.size_bytes, locale)}
          </Typography>
          <Button disabled={takeIn.isPending} onClick={() => takeIn.mutate(file.path)} size="small">
            {translate('maru.models.bring.take_in')}
          </Button>
        </Stack>
      ))}
    </Stack>
  );
}
