/** What an administrator may do with somebody's conversation: read it for a time, take it away, delete it. Each says why. */
import { Alert, Box, Button, Stack, Typography } from '@mui/material';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocale, useNotify, useRecordContext, useRedirect, useRefresh, useTranslate } from 'react-admin';
import { cursorIn, glass, type SessionDetail } from '@/shared/api/glass';
import { ReasonDialog } from '@/shared/ReasonDialog';

type Act = 'read' | 'export' | 'erase';
const ACTS: Act[] = ['read', 'export', 'erase'];

export function Glass() {
  const session = useRecordContext<SessionDetail>();
  const translate = useTranslate();
  const notify = useNotify();
  const refresh = useRefresh();
  const redirect = useRedirect();
  const [asked, setAsked] = useState<Act | null>(null);
  const [endsAt, setEndsAt] = useState<string | null>(null);
  const id = session?.id ?? 0;
  const act = useMutation({
    mutationFn: async ({ name, reason }: { name: Act; reason: string }) => {
      if (name === 'read') setEndsAt((await glass.open(id, reason)).ends_at);
      if (name === 'export') await glass.export(id, reason);
      if (name === 'erase') await glass.erase(id, reason);
      return name;
    },
    onSuccess: (name) => (name === 'erase' ? redirect('list', 'sessions') : refresh()),
    onError: (error) => notify(error.message, { type: 'error' }),
  });
  if (!session) return null;
  return (
    <Box>
      <Stack direction="row" spacing={1.5} sx={{ flexWrap: 'wrap', rowGap: 1.5, mb: 2 }}>
        {ACTS.map((name) => (
          <Button
            color={name === 'erase' ? 'error' : 'primary'}
            key={name}
            onClick={() => setAsked(name)}
            variant="outlined"
          >
            {translate(`maru.glass.${name}`)}
          </Button>
        ))}
      </Stack>
      {asked && (
        <ReasonDialog
          isDangerous={asked === 'erase'}
          onClose={() => setAsked(null)}
          onGiven={(reason) => {
            setAsked(null);
            act.mutate({ name: asked, reason });
          }}
          text={translate(`maru.glass.${asked}_ask`)}
          title={translate(`maru.glass.${asked}`)}
        />
      )}
      {endsAt && <Messages endsAt={endsAt} id={id} />}
    </Box>
  );
}

function Messages({ id, endsAt }: { id: number; endsAt: string }) {
  const translate = useTranslate();
  const locale = useLocale();
  const { data, hasNextPage, fetchNextPage, isError } = useInfiniteQuery({
    queryKey: ['admin', 'glass', id, endsAt],
    queryFn: ({ pageParam }) => glass.messages(id, pageParam),
    initialPageParam: '',
    getNextPageParam: (page) => cursorIn(page.next) || undefined,
    gcTime: 0,
    retry: false,
  });
  return (
    <Box data-testid="read-messages">
      <Alert severity={isError ? 'error' : 'warning'} sx={{ mb: 2 }}>
        {translate('maru.glass.until', { at: new Date(endsAt).toLocaleTimeString(locale) })}
      </Alert>
      {data?.pages.flatMap((page) =>
        page.results.map((message) => (
          <Box key={message.id} sx={{ mb: 2 }}>
            <Typography color="textSecondary" variant="caption">
              {translate(`maru.glass.role_${message.role}`)} · {new Date(message.timestamp).toLocaleString(locale)}
            </Typography>
            <Typography sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} variant="body2">
              {message.content}
            </Typography>
          </Box>
        )),
      )}
      {hasNextPage && (
        <Button onClick={() => fetchNextPage().catch(() => undefined)}>{translate('maru.glass.more')}</Button>
      )}
    </Box>
  );
}
