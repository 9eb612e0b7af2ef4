/** Tool servers (MCP): adding them, looking at their tools, and marking what may be called without asking the user. */
import { Alert, Button, LinearProgress, Stack, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, Title, useTranslate } from 'react-admin';
import { TOOLS, tools, type ToolServer } from '@/shared/api/tools';
import { sentenceOf } from '@/shared/useAct';
import { ServerCard } from './ServerCard';
import { ServerDialog } from './ServerDialog';
import { SignInResult } from './SignInResult';

export function ToolsPage() {
  const translate = useTranslate();
  const [edited, setEdited] = useState<ToolServer | 'new' | null>(null);
  const { data, error, isPending } = useQuery({ queryKey: TOOLS, queryFn: tools.list });
  return (
    <Stack sx={{ gap: 2, pt: 2, maxWidth: 880, width: '100%', mx: 'auto' }}>
      <Title title={translate('maru.tools.title')} />
      <Typography color="textSecondary" variant="body2">
        {translate('maru.tools.lead')}
      </Typography>
      <SignInResult />
      {data && !data.is_on ? (
        <Alert
          action={
            <Button color="inherit" component={Link} size="small" to="/settings">
              {translate('maru.tools.to_settings')}
            </Button>
          }
          severity="info"
        >
          {translate('maru.tools.off')}
        </Alert>
      ) : null}
      {isPending ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {error ? <Alert severity="error">{translate(sentenceOf(error))}</Alert> : null}
      {data?.results.map((server) => (
        <ServerCard key={server.id} onEdit={() => setEdited(server)} server={server} />
      ))}
      {data?.results.length === 0 ? (
        <Typography color="textSecondary" variant="body2">
          {translate('maru.tools.none')}
        </Typography>
      ) : null}
      <Button onClick={() => setEdited('new')} sx={{ alignSelf: 'flex-start' }} variant="contained">
        {translate('maru.tools.add')}
      </Button>
      {edited ? <ServerDialog onClose={() => setEdited(null)} server={edited === 'new' ? null : edited} /> : null}
    </Stack>
  );
}
