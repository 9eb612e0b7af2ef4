/** What uses the disk: by kind, by user, by table; and what belongs to nobody. */
import { Alert, Box, Skeleton, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Title, useLocale, useTranslate } from 'react-admin';
import { storage } from '@/shared/api/storage';
import { bytes, count } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';
import { OrphansPart } from './OrphansPart';
import { Parts } from './Parts';
import { TablesTable, UsersTable } from './Tables';

export const REPORT = ['admin', 'storage', 'report'];

export function StoragePage() {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const { data, error } = useQuery({ queryKey: REPORT, queryFn: storage.report });
  const size = (n: number) => bytes(n, locale);
  return (
    <Box sx={{ maxWidth: 880, width: '100%', mx: 'auto', py: 3 }}>
      <Title title={translate('maru.storage.title')} />
      {error && <Alert severity="error">{translate(sentenceOf(error))}</Alert>}
      {!data && !error && <Skeleton height={320} variant="rounded" />}
      {data && (
        <>
          <Typography sx={{ color: 'text.secondary', mb: 3, overflowWrap: 'anywhere' }} variant="body2">
            {translate('maru.storage.disk', {
              free: size(data.disk_free_bytes),
              total: size(data.disk_total_bytes),
              folder: data.data_dir,
            })}
          </Typography>
          <Section id="parts" title={translate('maru.storage.parts')}>
            <Parts parts={data.parts} />
            {data.uploads.n > 0 && (
              <Typography color="textSecondary" sx={{ mt: 1 }} variant="body2">
                {translate('maru.storage.in_database', {
                  n: count(data.uploads.n, locale),
                  size: size(data.uploads.size_bytes),
                })}
              </Typography>
            )}
          </Section>
          <Section id="orphans" title={translate('maru.storage.orphans')}>
            <OrphansPart />
          </Section>
          <Section id="users" title={translate('maru.storage.users')}>
            <UsersTable users={data.users} />
          </Section>
          <Section id="tables" title={translate('maru.storage.tables')}>
            <TablesTable tables={data.tables} />
          </Section>
        </>
      )}
    </Box>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <Box aria-labelledby={id} component="section" sx={{ mb: 4 }}>
      <Typography component="h2" id={id} sx={{ mb: 1 }} variant="subtitle1">
        {title}
      </Typography>
      {children}
    </Box>
  );
}
