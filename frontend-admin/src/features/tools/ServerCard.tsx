/** A server, how the last look at it went, and its tools with their two switches. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import { Alert, Box, Button, Card, IconButton, Stack, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { TOOLS, tools, type ToolServer } from '@/shared/api/tools';
import { useAct } from '@/shared/useAct';
import { SignInLine } from './SignInLine';
import { ToolLine } from './ToolLine';

interface ServerCardProps {
  server: ToolServer;
  onEdit: () => void;
}

export function ServerCard({ server, onEdit }: ServerCardProps) {
  const translate = useTranslate();
  const locale = useLocale();
  const client = useQueryClient();
  const [isLeaving, setIsLeaving] = useState(false);
  const again = () => void client.invalidateQueries({ queryKey: TOOLS });
  const refresh = useAct(
    () => tools.refresh(server.id).finally(again), // a failed look is noted at the server, too
  );
  const remove = useAct(() => tools.remove(server.id), again);
  const { name } = server;
  return (
    <Card component="section" aria-label={name} data-testid="tool-server" variant="outlined">
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1, p: 2, pb: 1, flexWrap: 'wrap' }}>
        <Box sx={{ flex: '1 1 240px', minWidth: 0 }}>
          <Typography component="h2" variant="subtitle1">
            {name}
            {server.is_enabled ? '' : ` (${translate('maru.tools.disabled')})`}
          </Typography>
          <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }} variant="body2">
            {server.url}
          </Typography>
          <Typography color="textSecondary" variant="caption">
            {server.looked_at
              ? translate('maru.tools.looked_at', { at: new Date(server.looked_at).toLocaleString(locale) })
              : translate('maru.tools.never_looked')}
          </Typography>
        </Box>
        <Button disabled={refresh.isPending} onClick={() => refresh.mutate(undefined)} size="small" variant="outlined">
          {translate('maru.tools.refresh')}
        </Button>
        <Button onClick={onEdit} size="small">
          {translate('ra.action.edit')}
        </Button>
        <IconButton aria-label={translate('maru.tools.remove', { name })} onClick={() => setIsLeaving(true)}>
          <DeleteIcon />
        </IconButton>
      </Stack>
      {server.error_code && server.error_code !== 'sign_in_needed' ? (
        <Alert severity="warning" sx={{ mx: 2, mb: 1 }}>
          {translate('maru.tools.failed', { code: server.error_code })}
        </Alert>
      ) : null}
      {server.token_state === 'unreadable' ? (
        <Alert severity="error" sx={{ mx: 2, mb: 1 }}>
          {translate('maru.tools.token_unreadable')}
        </Alert>
      ) : null}
      <SignInLine onChanged={again} server={server} />
      {server.tools.map((tool) => (
        <ToolLine key={tool.id} onChanged={again} tool={tool} />
      ))}
      <Confirm
        content={translate('maru.tools.remove_content')}
        isOpen={isLeaving}
        onClose={() => setIsLeaving(false)}
        onConfirm={() => {
          setIsLeaving(false);
          remove.mutate(undefined);
        }}
        title={translate('maru.tools.remove', { name })}
      />
    </Card>
  );
}
