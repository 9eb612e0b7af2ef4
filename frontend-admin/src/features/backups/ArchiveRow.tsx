/** One archive: when, how large, what is in it; it can be taken away, deleted, and restored by a command. */
import { Box, Button, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { type Backup, BACKUPS, backups } from '@/shared/api/backups';
import { bytes, count } from '@/shared/figures';
import { useAct } from '@/shared/useAct';
import { RestoreDialog } from './RestoreDialog';

export function ArchiveRow({ one }: { one: Backup }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'' | 'remove' | 'restore'>('');
  const close = () => setAsked('');
  const remove = useAct(
    () => backups.remove(one.name),
    () => void queries.invalidateQueries({ queryKey: BACKUPS }),
  );
  const name = { name: one.name };
  return (
    <Box
      data-testid="backup"
      sx={{
        display: 'flex',
        flexDirection: { xs: 'column', sm: 'row' },
        alignItems: { sm: 'center' },
        gap: 1,
        px: 2.5,
        py: 1.5,
        '& + &': { borderTop: 1, borderColor: 'divider' },
      }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography sx={{ fontWeight: 600 }} variant="body2">
          {new Date(one.made_at).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' })} ·{' '}
          {bytes(one.size_bytes, locale)}
        </Typography>
        <Typography color={one.contents ? 'textSecondary' : 'error'} component="div" variant="caption">
          {saidOf(one, translate, locale)}
        </Typography>
        <Typography color="textSecondary" component="div" sx={{ overflowWrap: 'anywhere' }} variant="caption">
          {one.name}
        </Typography>
      </Box>
      <Box sx={{ display: 'flex', gap: 0.5, flexWrap: 'wrap' }}>
        <Button
          aria-label={translate('maru.backups.take_one', name)}
          download
          href={backups.address(one.name)}
          size="small"
        >
          {translate('maru.backups.take')}
        </Button>
        <Button
          aria-label={translate('maru.backups.restore_one', name)}
          onClick={() => setAsked('restore')}
          size="small"
        >
          {translate('maru.backups.restore')}
        </Button>
        <Button
          aria-label={translate('maru.backups.remove_one', name)}
          color="error"
          disabled={remove.isPending}
          onClick={() => setAsked('remove')}
          size="small"
        >
          {translate('maru.backups.remove')}
        </Button>
      </Box>
      {asked === 'restore' && <RestoreDialog command={one.restore_command} onClose={close} />}
      <Confirm
        content={translate('maru.backups.remove_ask', name)}
        isOpen={asked === 'remove'}
        onClose={close}
        onConfirm={() => {
          close();
          remove.mutate(undefined);
        }}
        title={translate('maru.backups.remove')}
      />
    </Box>
  );
}

function saidOf({ contents }: Backup, translate: ReturnType<typeof useTranslate>, locale: string): string {
  if (!contents) return translate('maru.backups.unreadable');
  const said = translate('maru.backups.contents', {
    rows: count(contents.n_rows, locale),
    documents: count(contents.n_documents, locale),
  });
  const n = contents.n_missing_files;
  return n ? `${said} · ${translate('maru.backups.missing', { n: count(n, locale) })}` : said;
}
