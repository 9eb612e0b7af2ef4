/**
 * What a setting is set with. A switch and a choice save at once, a text when one leaves it or presses Enter.
 * A written one begins anew with each stored value: `key` sees to it.
 */
import { InputAdornment, MenuItem, Switch, TextField } from '@mui/material';
import { type KeyboardEvent, useState } from 'react';
import type { Setting, SettingValue } from '@/shared/api/settings';
import type { Locale } from './SettingRow';
import { isRetention, WouldGo } from './WouldGo';

interface ControlProps {
  setting: Setting;
  locale: Locale;
  isSaving: boolean;
  problem: string;
  onSave: (value: SettingValue) => void;
}

export function Control(props: ControlProps) {
  switch (props.setting.kind) {
    case 'flag':
      return <FlagControl {...props} />;
    case 'choice':
      return <ChoiceControl {...props} />;
    default:
      return <WrittenControl key={String(props.setting.value)} {...props} />;
  }
}

const named = (setting: Setting) => ({
  'aria-labelledby': `label-${setting.name}`,
  ...(setting.help.en ? { 'aria-describedby': `help-${setting.name}` } : {}),
});

function FlagControl({ setting, isSaving, onSave }: ControlProps) {
  return (
    <Switch
      checked={setting.value as boolean}
      disabled={isSaving}
      onChange={(event) => onSave(event.target.checked)}
      slotProps={{ input: { role: 'switch', ...named(setting) } }}
    />
  );
}

function ChoiceControl({ setting, locale, isSaving, problem, onSave }: ControlProps) {
  return (
    <TextField
      disabled={isSaving}
      error={problem !== ''}
      fullWidth
      helperText={problem}
      margin="none"
      onChange={(event) => onSave(event.target.value)}
      select
      size="small"
      slotProps={{ select: { SelectDisplayProps: named(setting) } }}
      value={setting.value}
    >
      {setting.choices.map((choice) => (
        <MenuItem key={choice.value} value={choice.value}>
          {choice.label[locale]}
        </MenuItem>
      ))}
    </TextField>
  );
}

function WrittenControl({ setting, locale, isSaving, problem, onSave }: ControlProps) {
  const isNumber = setting.kind === 'number';
  const stored = String(setting.value);
  const [text, setText] = useState(stored);

  const save = () => {
    const value = isNumber && /^-?\d+$/.test(text.trim()) ? Number(text) : text;
    if (String(value).trim() !== stored || problem) onSave(typeof value === 'string' ? value.trim() : value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Safari ends the composition before the keydown of its Enter: keyCode 229 tells.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !setting.is_multiline) save();
    if (event.key === 'Escape') setText(stored);
  };
  return (
    <TextField
      disabled={isSaving}
      error={problem !== ''}
      fullWidth
      helperText={problem || (isRetention(setting) && <WouldGo setting={setting} text={text} />)}
      margin="none"
      maxRows={12}
      minRows={setting.is_multiline ? 3 : undefined}
      multiline={setting.is_multiline}
      onBlur={save}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      size="small"
      slotProps={{
        htmlInput: {
          ...named(setting),
          inputMode: isNumber ? 'numeric' : undefined,
          maxLength: setting.max_length || undefined,
        },
        input: setting.unit[locale]
          ? { endAdornment: <InputAdornment position="end">{setting.unit[locale]}</InputAdornment> }
          : {},
      }}
      value={text}
    />
  );
}
