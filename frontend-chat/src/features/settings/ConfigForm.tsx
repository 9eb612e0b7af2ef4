/** Model, system prompt, memory, documents and sampling of one session. A field is stored when it is left; empty means the default. */
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { type ComponentType, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfigPatch } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import type { ModelCard, SessionConfig } from '@/shared/api/types';
import { useModels } from '@/shared/api/useModels';
import { problemText } from '@/shared/i18n/problem';
import { SamplingSlider } from './SamplingSlider';
import { useUpdateConfig } from './useConfig';

export interface DocumentsSlot {
  config: SessionConfig;
  onChange: (patch: ConfigPatch) => void;
}

interface ConfigFormProps {
  sessionId: number;
  config: SessionConfig;
  Documents?: ComponentType<DocumentsSlot> | undefined;
}

export function ConfigForm({ sessionId, config, Documents }: ConfigFormProps) {
  const { t } = useTranslation();
  const models = useModels();
  const { mutate, error, isSuccess, isPending } = useUpdateConfig(sessionId);
  const memoryHelp = useId();
  // Null: not written in. What is stored may change while the form is open, and must not be stored back as it was before.
  const [prompt, setPrompt] = useState<string | null>(null);
  const [maxTokens, setMaxTokens] = useState<string | null>(null);
  const problem = error instanceof ApiError ? error : null;
  const fieldError = (name: string) => problem?.fields[name]?.join(' ');
  const standard = models.data?.find((model) => model.is_default);

  const savePrompt = () => {
    if (prompt === null) return;
    const onSuccess = () => setPrompt((now) => (now === prompt ? null : now));
    if (prompt === config.system_prompt) onSuccess();
    else mutate({ system_prompt: prompt }, { onSuccess });
  };
  const saveMaxTokens = () => {
    if (maxTokens === null) return;
    const next = maxTokens.trim() === '' ? null : Number(maxTokens);
    const onSuccess = () => setMaxTokens((now) => (now === maxTokens ? null : now));
    if (next === config.max_tokens) onSuccess();
    else mutate({ max_tokens: next }, { onSuccess });
  };
  return (
    <Stack spacing={3.5}>
      <TextField
        select
        label={t('settings.model')}
        value={config.model}
        onChange={(event) => mutate({ model: event.target.value })}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">
          {standard ? t('settings.modelDefault', { name: nameOf(standard) }) : t('settings.modelDefaultPlain')}
        </MenuItem>
        {models.data?.map((model) => (
          <MenuItem key={model.id} value={model.id}>
            {nameOf(model)}
          </MenuItem>
        ))}
        {config.model !== '' && !models.data?.some((model) => model.id === config.model) && (
          <MenuItem value={config.model}>{config.model}</MenuItem>
        )}
      </TextField>
      <TextField
        label={t('settings.systemPrompt')}
        multiline
        minRows={4}
        maxRows={12}
        value={prompt ?? config.system_prompt}
        onChange={(event) => setPrompt(event.target.value)}
        onBlur={savePrompt}
        error={fieldError('system_prompt') !== undefined}
        helperText={fieldError('system_prompt') ?? t('settings.systemPromptHelp')}
      />
      <div>
        <FormControlLabel
          control={
            <Switch
              checked={config.memory_enabled}
              onChange={(_, memory_enabled) => mutate({ memory_enabled })}
              slotProps={{ input: { 'aria-describedby': memoryHelp } }}
            />
          }
          label={t('settings.memory')}
        />
        <FormHelperText id={memoryHelp} sx={{ mt: 0 }}>
          {t('settings.memoryHelp')}
        </FormHelperText>
      </div>
      {Documents && <Documents config={config} onChange={mutate} />}
      <SamplingSlider
        label={t('settings.temperature')}
        help={t('settings.temperatureHelp')}
        value={config.temperature}
        standard={0.7}
        max={2}
        step={0.05}
        onSave={(temperature) => mutate({ temperature })}
      />
      <SamplingSlider
        label={t('settings.topP')}
        help={t('settings.topPHelp')}
        value={config.top_p}
        standard={0.95}
        min={0.05}
        max={1}
        step={0.05}
        onSave={(top_p) => mutate({ top_p })}
      />
      <TextField
        label={t('settings.maxTokens')}
        type="number"
        placeholder={t('settings.byDefault')}
        value={maxTokens ?? config.max_tokens ?? ''}
        onChange={(event) => setMaxTokens(event.target.value)}
        onBlur={saveMaxTokens}
        error={fieldError('max_tokens') !== undefined}
        helperText={fieldError('max_tokens')}
        slotProps={{ htmlInput: { min: 1, max: 32768, inputMode: 'numeric' }, inputLabel: { shrink: true } }}
      />
      <Typography role="status" variant="caption" sx={{ color: 'text.secondary', minHeight: 20 }}>
        {isSuccess && !isPending ? t('settings.saved') : ''}
      </Typography>
      {problem && !fieldError('system_prompt') && !fieldError('max_tokens') && (
        <FormHelperText error>
          {Object.values(problem.fields).flat().join(' ') || problemText(t, problem)}
        </FormHelperText>
      )}
    </Stack>
  );

  function nameOf(model: ModelCard): string {
    return model.is_starter ? t('settings.starterName', { id: model.id }) : model.id;
  }
}
