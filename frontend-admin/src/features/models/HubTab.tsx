/** Fetching from a hub: off until an administrator turns it on; then by repository and file, or from the recommended ones. */
import { Alert, Button, Stack, TextField, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Confirm, useTranslate } from 'react-admin';
import { modelFiles, type ModelFiles } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';
import { RecommendedList } from './RecommendedList';

const NOTHING = { repo: '', file: '', token: '', sha256: '' };
const FIELDS = ['repo', 'file', 'token', 'sha256'] as const;
const HELPS: Partial<Record<(typeof FIELDS)[number], string>> = { repo: 'repo_help', token: 'token_help' };

interface HubTabProps {
  files: ModelFiles;
  free: number | null;
}

export function HubTab({ files, free }: HubTabProps) {
  const translate = useTranslate();
  const client = useQueryClient();
  const [asked, setAsked] = useState(NOTHING);
  const again = () => client.invalidateQueries({ queryKey: ['model-files'] });
  const pull = useAct(modelFiles.pull, () => {
    setAsked(NOTHING);
    void again();
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    pull.mutate(asked);
  }
  return (
    <Stack sx={{ gap: 2 }}>
      {files.pull.is_on ? (
        <Stack component="form" onSubmit={submit} sx={{ gap: 1, maxWidth: 640 }}>
          <Typography color="textSecondary" variant="body2">
            {files.pull.hub}
          </Typography>
          {FIELDS.map((name) => (
            <TextField
              autoComplete="off"
              helperText={HELPS[name] ? translate(`maru.models.bring.${HELPS[name]}`) : undefined}
              key={name}
              label={translate(`maru.models.bring.${name}`)}
              onChange={(event) => setAsked({ ...asked, [name]: event.target.value.trim() })}
              required={name === 'repo' || name === 'file'}
              type={name === 'token' ? 'password' : 'text'}
              value={asked[name]}
            />
          ))}
          <Button disabled={pull.isPending} sx={{ alignSelf: 'flex-start' }} type="submit" variant="contained">
            {translate('maru.models.bring.fetch')}
          </Button>
        </Stack>
      ) : (
        <SwitchedOff hub={files.pull.hub} onChange={again} />
      )}
      <RecommendedList
        free={free}
        onChoose={files.pull.is_on ? ({ repo, file }) => setAsked({ ...NOTHING, repo, file }) : undefined}
        rows={files.recommended}
      />
    </Stack>
  );
}

function SwitchedOff({ hub, onChange }: { hub: string; onChange: () => void }) {
  const translate = useTranslate();
  const [isAsking, setAsking] = useState(false);
  const turnOn = useAct(() => modelFiles.switchPull(true), onChange);
  return (
    <>
      <Alert
        action={
          <Button color="inherit" onClick={() => setAsking(true)} size="small">
            {translate('maru.models.bring.turn_on')}
          </Button>
        }
        severity="info"
        variant="outlined"
      >
        {translate('maru.models.bring.hub_off')}
      </Alert>
      <Confirm
        content={translate('maru.models.bring.turn_on_ask', { hub })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          turnOn.mutate(undefined);
        }}
        title={translate('maru.models.bring.turn_on')}
      />
    </>
  );
}
