/** A rule: what it looks for, where, and what happens then. It can be switched off, and deleted. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import { Box, IconButton, Switch, Typography } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useNotify, useTranslate } from 'react-admin';
import { moderation, type Rule } from '@/shared/api/moderation';

export function RuleRow({ rule }: { rule: Rule }) {
  const translate = useTranslate();
  const notify = useNotify();
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: async (how: 'toggle' | 'remove') => {
      if (how === 'remove') await moderation.remove(rule.id);
      else await moderation.change(rule.id, { is_active: !rule.is_active });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['admin', 'moderation'] }),
    onError: (error) => notify(error.message, { type: 'error' }),
  });
  const [isAsking, setAsking] = useState(false);
  const { name } = rule;
  return (
    <Box
      data-testid="rule"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 1,
        px: 2.5,
        py: 1.5,
        '& + &': { borderTop: 1, borderColor: 'divider' },
      }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography sx={{ fontWeight: 600 }} variant="body2">
          {name}
        </Typography>
        <Typography sx={{ fontFamily: 'monospace', overflowWrap: 'anywhere' }} variant="body2">
          {rule.pattern}
        </Typography>
        <Typography color="textSecondary" variant="caption">
          {[
            translate(`maru.moderation.kind_${rule.kind}`),
            translate(`maru.moderation.direction_${rule.direction}`),
            translate(`maru.moderation.action_${rule.action}`),
            translate('maru.moderation.n_findings', { smart_count: rule.n_findings }),
          ].join(' · ')}
        </Typography>
      </Box>
      <Switch
        checked={rule.is_active}
        disabled={act.isPending}
        onChange={() => act.mutate('toggle')}
        slotProps={{ input: { role: 'switch', 'aria-label': translate('maru.moderation.is_active', { name }) } }}
      />
      <IconButton
        aria-label={translate('maru.moderation.remove', { name })}
        disabled={act.isPending}
        onClick={() => setAsking(true)}
      >
        <DeleteIcon />
      </IconButton>
      <Confirm
        content={translate('maru.moderation.remove_ask', { smart_count: rule.n_findings })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          act.mutate('remove');
        }}
        title={translate('maru.moderation.remove', { name })}
      />
    </Box>
  );
}
