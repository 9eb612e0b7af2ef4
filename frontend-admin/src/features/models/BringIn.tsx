/** How models come in: from a hub, by upload, from a folder. For administrators. */
import { Card, CardContent, Stack, Tab, Tabs, Typography } from '@mui/material';
import { useState } from 'react';
import { useLocale, useTranslate } from 'react-admin';
import { bytes } from '@/shared/figures';
import { ArrivingList } from './ArrivingList';
import { FolderTab } from './FolderTab';
import { HubTab } from './HubTab';
import { UploadTab } from './UploadTab';
import { useModelFiles } from './useModels';

const WAYS = ['hub', 'upload', 'folder'] as const;

export function BringIn({ free }: { free: number | null }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const [way, setWay] = useState<(typeof WAYS)[number]>('hub');
  const { data: files } = useModelFiles();
  if (!files) return null;
  return (
    <>
      <ArrivingList rows={files.arriving} />
      <Card variant="outlined">
        <CardContent>
          <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, flexWrap: 'wrap' }}>
            <Typography component="h2" variant="h6">
              {translate('maru.models.bring.heading')}
            </Typography>
            <Typography color="textSecondary" variant="body2">
              {translate('maru.models.bring.disk', { free: bytes(files.disk_free_bytes, locale) })}
            </Typography>
          </Stack>
          <Tabs
            aria-label={translate('maru.models.bring.heading')}
            onChange={(_, next: (typeof WAYS)[number]) => setWay(next)}
            sx={{ mb: 2 }}
            value={way}
          >
            {WAYS.map((one) => (
              <Tab
                aria-controls={`bring-${one}`}
                id={`bring-tab-${one}`}
                key={one}
                label={translate(`maru.models.bring.${one}`)}
                value={one}
              />
            ))}
          </Tabs>
          {WAYS.map((one) => (
            <div
              aria-labelledby={`bring-tab-${one}`}
              hidden={way !== one}
              id={`bring-${one}`}
              key={one}
              role="tabpanel"
            >
              {one === 'hub' && way === one ? <HubTab files={files} free={free} /> : null}
              {/* stays mounted: an upload goes on while another tab is looked at */}
              {one === 'upload' ? <UploadTab files={files} /> : null}
              {one === 'folder' && way === one ? <FolderTab files={files} /> : null}
            </div>
          ))}
        </CardContent>
      </Card>
    </>
  );
}
