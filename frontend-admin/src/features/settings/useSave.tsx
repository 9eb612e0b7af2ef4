/** Saves one setting at once; says so with a way back, and keeps what the server refused beside its field. */
import { Button } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { HttpError, useNotify, useTranslate } from 'react-admin';
import { settings, type Setting, type SettingValue } from '@/shared/api/settings';

export const SETTINGS = ['admin', 'settings'];

export function useSave(setting: Setting, name: string) {
  const queries = useQueryClient();
  const notify = useNotify();
  const translate = useTranslate();
  const change = useMutation({
    mutationFn: (value: SettingValue | null) => settings.change({ [setting.name]: value }),
    onSuccess: (all) => queries.setQueryData(SETTINGS, all),
  });
  const save = (value: SettingValue | null) => {
    const before = setting.value as SettingValue;
    if (value === before) {
      change.reset();
      return;
    }
    const wasDefault = before === setting.default;
    change.mutate(value, {
      onSuccess: () =>
        notify(
          <Saved
            label={translate('maru.settings.saved', { name })}
            onUndo={() => change.mutate(wasDefault ? null : before)}
            undo={translate('maru.settings.undo')}
          />,
          { type: 'info', autoHideDuration: 8000 },
        ),
    });
  };
  return { save, isSaving: change.isPending, problem: change.isError ? problemOf(change.error, setting.name) : '' };
}

function Saved({ label, undo, onUndo }: { label: string; undo: string; onUndo: () => void }) {
  return (
    <span>
      {label}{' '}
      <Button color="inherit" onClick={onUndo} size="small" sx={{ ml: 1, textDecoration: 'underline' }}>
        {undo}
      </Button>
    </span>
  );
}

function problemOf(error: unknown, name: string): string {
  if (!(error instanceof HttpError)) return String(error);
  const fields = (error.body as { fields?: Record<string, string[]> } | null)?.fields ?? {};
  return fields[name]?.join(' ') ?? error.message;
}
