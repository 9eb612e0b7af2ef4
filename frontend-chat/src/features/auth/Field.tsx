/** A labelled input of the guest forms; a password can be looked at. */
import VisibilityOff from '@mui/icons-material/VisibilityOffOutlined';
import Visibility from '@mui/icons-material/VisibilityOutlined';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';
import { useTranslation } from 'react-i18next';

interface FieldProps {
  label: string;
  registration: UseFormRegisterReturn;
  error: FieldError | undefined;
  type?: 'text' | 'email' | 'password';
  autoComplete?: string;
  autoFocus?: boolean;
  help?: string;
}

export function Field({ label, registration, error, type = 'text', autoComplete, autoFocus, help }: FieldProps) {
  const { t } = useTranslation();
  const [isShown, setIsShown] = useState(false);
  const toggle = type === 'password' && (
    <InputAdornment position="end">
      <IconButton
        edge="end"
        size="small"
        aria-label={isShown ? t('auth.hidePassword') : t('auth.showPassword')}
        onClick={() => setIsShown(!isShown)}
      >
        {isShown ? <VisibilityOff fontSize="small" /> : <Visibility fontSize="small" />}
      </IconButton>
    </InputAdornment>
  );
  const { ref, ...rest } = registration;
  return (
    <TextField
      {...rest}
      inputRef={ref}
      label={label}
      type={isShown ? 'text' : type}
      autoComplete={autoComplete ?? 'off'}
      autoFocus={autoFocus ?? false}
      error={error !== undefined}
      helperText={error?.message ?? help}
      slotProps={{ input: { endAdornment: toggle }, htmlInput: { autoCapitalize: 'none', spellCheck: false } }}
      fullWidth
    />
  );
}
