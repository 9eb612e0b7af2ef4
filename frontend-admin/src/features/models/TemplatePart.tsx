/** Which chat template counts, and what it makes of a message: shown before it is saved. */
import { Alert, Box, Button, MenuItem, Stack, TextField, Typography } from '@mui/material';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslate } from 'react-admin';
import { models } from '@/shared/api/models';
import type { Draft } from './draft';

const CUSTOM = '+custom';
const CALM_MS = 400;

interface TemplatePartProps {
  id: string;
  names: string[];
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function useCalm<Value>(value: Value): Value {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), CALM_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

export function TemplatePart({ id, names, draft, change }: TemplatePartProps) {
  const translate = useTranslate();
  const [message, setMessage] = useState(() => translate('maru.models.preview.sample'));
  const [system, setSystem] = useState('');
  const [isOwn, setOwn] = useState(draft.template_text !== '');
  const asked = useCalm(
    JSON.stringify({
      message: message || ' ',
      system,
      chat_template: draft.chat_template,
      template_text: draft.template_text,
    }),
  );
  const preview = useQuery({
    queryKey: ['model-preview', id, asked],
    queryFn: () => models.preview(id, JSON.parse(asked)),
    placeholderData: keepPreviousData,
    retry: false,
  });
  function choose(value: string) {
    setOwn(value === CUSTOM);
    if (value === CUSTOM) change({ template_text: preview.data?.template ?? '' });
    else change({ chat_template: value, template_text: '' });
  }
  const found = preview.data;
  return (
    <Stack sx={{ gap: 1 }}>
      <TextField
        label={translate('maru.models.form.template')}
        onChange={(event) => choose(event.target.value)}
        select
        slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
        sx={{ maxWidth: 320 }}
        value={isOwn ? CUSTOM : draft.chat_template}
      >
        <MenuItem value="">{translate('maru.models.form.template_own')}</MenuItem>
        {names.map((name) => (
          <MenuItem key={name} value={name}>
            {name}
          </MenuItem>
        ))}
        <MenuItem value={CUSTOM}>{translate('maru.models.form.template_text')}</MenuItem>
      </TextField>
      {isOwn ? (
        <>
          <TextField
            label={translate('maru.models.form.template_edit')}
            maxRows={16}
            minRows={4}
            multiline
            onChange={(event) => change({ template_text: event.target.value })}
            slotProps={{ htmlInput: { spellCheck: false, style: { fontFamily: 'monospace', fontSize: 13 } } }}
            value={draft.template_text}
          />
          <Button onClick={() => choose('')} size="small" sx={{ alignSelf: 'flex-start' }}>
            {translate('maru.models.form.template_own')}
          </Button>
        </>
      ) : null}
      <Typography component="h3" sx={{ fontWeight: 600, mt: 1 }} variant="body1">
        {translate('maru.models.preview.heading')}
      </Typography>
      <Box sx={{ display: 'grid', columnGap: 2, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' } }}>
        <TextField
          label={translate('maru.models.preview.message')}
          onChange={(event) => setMessage(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 4000 } }}
          value={message}
        />
        <TextField
          label={translate('maru.models.preview.system')}
          onChange={(event) => setSystem(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 4000 } }}
          value={system}
        />
      </Box>
      {found?.problem ? (
        <Alert severity="error">{translate('maru.models.preview.problem', { problem: found.problem })}</Alert>
      ) : (
        <Box
          aria-label={translate('maru.models.preview.prompt')}
          component="pre"
          sx={{
            m: 0,
            p: 2,
            borderRadius: 2,
            bgcolor: 'action.hover',
            whiteSpace: 'pre-wrap',
            overflowWrap: 'anywhere',
            fontSize: 13,
            maxHeight: 360,
            overflow: 'auto',
          }}
          tabIndex={0}
        >
          {found?.prompt ?? '…'}
        </Box>
      )}
    </Stack>
  );
}
