/** Fetching from a hub: off until an administrator turns it on; then by repository and file, or from the recommended ones. */
import { Alert, Button, Chip, Stack, TextField, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { modelFiles, type ModelFiles, type Recommended } from '@/shared/api/models';
import { count } from '@/shared/figures';
import { useAct } from '@/shared/useAct';

const GIB = 1024 ** 3;
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

interface RecommendedListProps {
  rows: Recommended[];
  free: number | null;
  onChoose: ((row: Recommended) => void) | undefined;
}

function RecommendedList({ rows, free, onChoose }: RecommendedListProps) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  return (
    <Stack sx={{ gap: 0.5 }}>
      <Typography component="h3" sx={{ fontWeight: 600 }} variant="body1">
        {translate('maru.models.bring.recommended')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
        {translate('maru.models.bring.recommended_text')}
      </Typography>
      {rows.map((row) => (
        <Stack
          direction="row"
          key={row.file}
          sx={{ gap: 1, alignItems: 'center', flexWrap: 'wrap', py: 0.5, borderTop: 1, borderColor: 'divider' }}
        >
          <Stack sx={{ flex: '1 1 260px', minWidth: 0 }}>
            <Typography sx={{ overflowWrap: 'anywhere' }} variant="body2">
              {row.file}
            </Typography>
            <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }} variant="caption">
              {row.repo} · {count(row.size_gib, locale)} GiB
            </Typography>
          </Stack>
          {row.is_korean ? <Chip label={translate('maru.models.bring.korean')} size="small" /> : null}
          {row.kind === 'embedding' ? (
            <Chip label={translate('maru.models.kind.embedding')} size="small" variant="outlined" />
          ) : null}
          <Chip
            color={free !== null && row.memory_gib * GIB <= free ? 'success' : 'default'}
            label={
              free !== null && row.memory_gib * GIB <= free
                ? translate('maru.models.bring.fits_here')
                : translate('maru.models.bring.from_memory', { n: row.memory_gib })
            }
            size="small"
            variant="outlined"
          />
          {onChoose ? (
            <Button
              aria-label={`${translate('maru.models.bring.choose')}: ${row.file}`}
              onClick={() => onChoose(row)}
              size="small"
            >
              {translate('maru.models.bring.choose')}
            </Button>
          ) : null}
        </Stack>
      ))}
    </Stack>
  );
}
