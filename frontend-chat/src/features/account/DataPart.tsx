/** Taking all conversations away, and bringing some in: Maru's own files and ChatGPT's `conversations.json`, branches and all. */
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import UploadIcon from '@mui/icons-material/FileUploadOutlined';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import type { TFunction } from 'i18next';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { sessions } from '@/shared/api/endpoints';
import { problemText } from '@/shared/i18n/problem';
import { Section } from './Section';
import { type Import, type Problem, useImport } from './useImport';

export default function DataPart({ onImported }: { onImported: () => void }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const { now, start, goOn } = useImport(onImported);
  return (
    <>
      <Section title={t('account.export')} lead={t('account.exportLead')}>
        <Button variant="outlined" startIcon={<DownloadIcon />} href={sessions.exportAllUrl} download>
          {t('account.exportAll')}
        </Button>
      </Section>
      <Section title={t('account.import')} lead={t('account.importLead')}>
        <Outcome now={now} onGoOn={() => goOn().catch(() => undefined)} />
        <Button
          variant="contained"
          startIcon={<UploadIcon />}
          loading={now.state === 'working'}
          onClick={() => file.current?.click()}
        >
          {t('account.chooseFile')}
        </Button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          data-testid="import-file"
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) start(chosen).catch(() => undefined);
            event.target.value = '';
          }}
        />
      </Section>
    </>
  );
}

function Outcome({ now, onGoOn }: { now: Import; onGoOn: () => void }) {
  const { t } = useTranslation();
  if (now.state === 'none') return null;
  if (now.state === 'working') {
    // A small file is one part: there is nothing to be told of its way.
    if (now.count === 0) return null;
    return (
      <Box sx={{ mb: 2, maxWidth: 560 }}>
        <Typography variant="body2" role="status" sx={{ color: 'text.secondary', mb: 0.5 }}>
          {t('account.importing', { count: now.count })}
        </Typography>
        <LinearProgress variant="determinate" value={now.share * 100} aria-label={t('account.import')} />
      </Box>
    );
  }
  if (now.state === 'done') {
    return (
      <Alert severity="success" sx={{ mb: 2 }}>
        {t('account.imported', { count: now.count })}
      </Alert>
    );
  }
  const isPartial = now.count > 0;
  const error = typeof now.problem === 'object' && 'error' in now.problem ? now.problem.error : null;
  // Not by choosing the file again: that is another import, and what came in of this one would be there twice.
  const canGoOn = error !== null && (isPartial || error.retryable);
  return (
    <Alert
      severity="error"
      sx={{ mb: 2, overflowWrap: 'anywhere' }}
      action={
        canGoOn ? (
          <Button size="small" color="inherit" onClick={onGoOn} sx={{ whiteSpace: 'nowrap' }}>
            {t(isPartial ? 'account.importGoOn' : 'app.retry')}
          </Button>
        ) : undefined
      }
    >
      {problemWords(t, now.problem)}
      {isPartial && <div>{t('account.importedSoFar', { count: now.count })}</div>}
    </Alert>
  );
}

function problemWords(t: TFunction, problem: Problem): string {
  if (problem === 'unreadable') return t('account.importNoJson');
  if ('tooLarge' in problem) return t('account.importTooLarge', { n: problem.tooLarge });
  const { error, before } = problem;
  const [place, reasons] = Object.entries(error.fields)[0] ?? [];
  if (!place) return problemText(t, error);
  // The server counts from the beginning of what it got.
  const inFile = place.replace(/^conversations\.(\d+)/, (_, n) => `conversations.${before + Number(n)}`);
  return `${problemText(t, error)} ${inFile}: ${reasons?.join(' ')}`;
}
