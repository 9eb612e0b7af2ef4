/** Appearance and language as rows of choices inside the account menu. Applied at once, then stored with the account. */
import Box from '@mui/material/Box';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { useColorScheme } from '@mui/material/styles';
import { useTranslation } from 'react-i18next';
import type { ThemeMode, User } from '@/shared/api/types';
import { useUpdateMe } from '@/shared/api/useUpdateMe';
import { chooseLanguage, LANGUAGES } from '@/shared/i18n';

const MODES = ['system', 'light', 'dark'] as const;
const NAMES = { ko: '한국어', en: 'English' } as const;

export function PreferenceChoices({ user }: { user: User }) {
  const { t, i18n } = useTranslation();
  const { mode, setMode } = useColorScheme();
  const { mutate } = useUpdateMe();
  const chooseMode = (next: ThemeMode | null) => {
    if (next === null) return;
    setMode(next);
    mutate({ theme: next });
  };
  const choose = (language: 'ko' | 'en' | null) => {
    if (language === null) return;
    chooseLanguage(language).catch(() => undefined);
    mutate({ language });
  };
  return (
    <Box sx={{ px: 1.25, pt: 0.5, pb: 0.5 }}>
      <Typography variant="caption" sx={{ color: 'text.secondary' }} noWrap component="p">
        {user.email || user.username}
      </Typography>
      <Choice
        label={t('settings.theme')}
        value={mode ?? 'system'}
        options={MODES.map((name) => [name, t(`settings.${name}`)])}
        onChoose={chooseMode}
      />
      <Choice
        label={t('settings.language')}
        value={i18n.resolvedLanguage === 'ko' ? 'ko' : 'en'}
        options={LANGUAGES.map((name) => [name, NAMES[name]])}
        onChoose={choose}
      />
    </Box>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: (readonly [Value, string])[];
  onChoose: (value: Value | null) => void;
}

function Choice<Value extends string>({ label, value, options, onChoose }: ChoiceProps<Value>) {
  return (
    <Box sx={{ mt: 1.5 }}>
      <Typography variant="caption" component="p" sx={{ fontWeight: 600, mb: 0.5 }}>
        {label}
      </Typography>
      <ToggleButtonGroup
        exclusive
        fullWidth
        size="small"
        value={value}
        aria-label={label}
        onChange={(_event, next: Value | null) => onChoose(next)}
      >
        {options.map(([name, text]) => (
          <ToggleButton key={name} value={name} sx={{ py: 0.5, fontSize: '0.8rem' }}>
            {text}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </Box>
  );
}
