/** One setting: what it is called, what it does, its default, and the control that fits its kind. */
import RestoreIcon from '@mui/icons-material/SettingsBackupRestoreRounded';
import { Box, IconButton, Tooltip, Typography } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { Setting, SettingValue } from '@/shared/api/settings';
import { Control } from './Control';
import { useSave } from './useSave';

export type Locale = 'en' | 'ko';

export function SettingRow({ setting, locale }: { setting: Setting; locale: Locale }) {
  const translate = useTranslate();
  const name = setting.label[locale];
  const { save, isSaving, problem } = useSave(setting, name);
  const isChanged = setting.value !== setting.default;
  const isWide = setting.is_multiline;
  const toDefault = translate('maru.settings.to_default', { name });
  return (
    <Box
      data-testid={`setting-${setting.name}`}
      sx={{
        display: 'flex',
        flexDirection: { xs: 'column', sm: isWide ? 'column' : 'row' },
        gap: { xs: 1, sm: 2 },
        px: 2.5,
        py: 2,
        '& + &': { borderTop: 1, borderColor: 'divider' },
      }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography id={`label-${setting.name}`} sx={{ fontWeight: 600 }} variant="body2">
          {name}
        </Typography>
        {setting.help[locale] && (
          <Typography id={`help-${setting.name}`} sx={{ color: 'text.secondary', mt: 0.25 }} variant="body2">
            {setting.help[locale]}
          </Typography>
        )}
        {isChanged && (
          <Typography sx={{ color: 'text.secondary', mt: 0.5, overflowWrap: 'anywhere' }} variant="caption">
            {translate('maru.settings.default', { value: said(setting, locale, translate) })}
          </Typography>
        )}
      </Box>
      <Box
        sx={{
          display: 'flex',
          alignItems: 'flex-start',
          justifyContent: { sm: 'flex-end' },
          width: isWide ? '100%' : { xs: '100%', sm: 340 },
        }}
      >
        <Control isSaving={isSaving} locale={locale} onSave={save} problem={problem} setting={setting} />
        <Tooltip title={isChanged ? toDefault : ''}>
          <Box component="span" sx={{ visibility: isChanged ? 'visible' : 'hidden', ml: 0.5 }}>
            <IconButton aria-label={toDefault} disabled={isSaving} onClick={() => save(null)} size="small">
              <RestoreIcon fontSize="small" />
            </IconButton>
          </Box>
        </Tooltip>
      </Box>
    </Box>
  );
}

function said(setting: Setting, locale: Locale, translate: (key: string) => string): string {
  const value = setting.default as SettingValue;
  if (typeof value === 'boolean') return translate(value ? 'maru.settings.on' : 'maru.settings.off');
  const choice = setting.choices.find((one) => one.value === value);
  if (choice) return choice.label[locale];
  return value === '' ? translate('maru.settings.empty') : `${value} ${setting.unit[locale]}`.trim();
}
