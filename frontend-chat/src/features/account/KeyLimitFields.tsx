/** What a key may below its owner: three numbers, of which an empty one is no limit. */
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/shared/api/account';
import type { ApiError } from '@/shared/api/errors';

export type KeyLimits = ApiKey['limits'];
export type LimitTexts = Record<keyof KeyLimits, string>;
export const LIMITS: (keyof KeyLimits)[] = ['messages_per_day', 'tokens_per_day', 'concurrent_turns'];

export const textsOf = (limits?: KeyLimits) =>
  Object.fromEntries(LIMITS.map((name) => [name, limits?.[name] ? String(limits[name]) : ''])) as LimitTexts;

/** What is no number goes to the server as it is: it knows the sentence for it. */
export const valuesOf = (texts: LimitTexts) =>
  Object.fromEntries(
    LIMITS.map((name) => {
      const text = texts[name].trim();
      return [name, text === '' ? 0 : /^\d+$/.test(text) ? Number(text) : text];
    }),
  ) as KeyLimits;

interface Props {
  texts: LimitTexts;
  onChange: (texts: LimitTexts) => void;
  problem: ApiError | null;
}

export function KeyLimitFields({ texts, onChange, problem }: Props) {
  const { t } = useTranslation();
  return (
    <Stack spacing={2} sx={{ width: '100%' }}>
      {LIMITS.map((name) => {
        const said = problem?.fields[`limits.${name}`]?.join(' ');
        return (
          <TextField
            key={name}
            size="small"
            fullWidth
            label={t(`account.key_${name}`)}
            value={texts[name]}
            placeholder={t('account.keyNoLimit')}
            onChange={(event) => onChange({ ...texts, [name]: event.target.value })}
            error={said !== undefined}
            helperText={said}
            slotProps={{ htmlInput: { inputMode: 'numeric', maxLength: 12 }, inputLabel: { shrink: true } }}
          />
        );
      })}
    </Stack>
  );
}

export const isOfLimits = (problem: ApiError | null) =>
  problem !== null && Object.keys(problem.fields).some((name) => name.startsWith('limits.'));
