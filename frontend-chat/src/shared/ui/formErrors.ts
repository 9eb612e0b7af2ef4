/** Puts what the server says about fields beside those fields; the rest is for the form as a whole. */
import type { TFunction } from 'i18next';
import type { FieldPath, FieldValues, UseFormSetError } from 'react-hook-form';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';

export function showErrors<Values extends FieldValues>(
  error: unknown,
  names: readonly FieldPath<Values>[],
  setError: UseFormSetError<Values>,
  t: TFunction,
): void {
  if (!(error instanceof ApiError)) throw error;
  let isPlaced = false;
  for (const name of names) {
    const message = error.fields[name]?.join(' ');
    if (!message) continue;
    setError(name, { message });
    isPlaced = true;
  }
  if (isPlaced) return;
  const others = Object.values(error.fields).flat().join(' ');
  setError('root', { message: others === '' ? problemText(t, error) : others });
}
