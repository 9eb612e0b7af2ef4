/** Taking all conversations away, and bringing some in: Maru's own files and ChatGPT's `conversations.json`, branches and all. */
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import UploadIcon from '@mui/icons-material/FileUploadOutlined';
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessions } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { Section } from './Section';

const MAX_BYTES = 64 * 1024 * 1024;
type Outcome = { count: number } | { problem: string } | 'working' | null;

export default function DataPart({ onImported }: { onImported: () => void }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>(null);

  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    if (chosen.size > MAX_BYTES) {
      setOutcome({ problem: t('account.importTooLarge') });
      return;
    }
    setOutcome('working');
    try {
      const made = await sessions.import(JSON.parse(await chosen.text()));
      setOutcome({ count: made.sessions.length });
      onImported();
    } catch (error) {
      setOutcome({ problem: error instanceof ApiError ? told(error) : t('account.importNoJson') });
    }
  };
  const told = (error: ApiError) => {
    const [place, reasons] = Object.entries(error.fields)[0] ?? [];
    return place ? `${problemText(t, error)} ${place}: ${reasons?.join(' ')}` : problemText(t, error);
  };
  return (
    <>
      <Section title={t('account.export')} lead={t('account.exportLead')}>
        <Button variant="outlined" startIcon={<DownloadIcon />} href={sessions.exportAllUrl} download>
          {t('account.exportAll')}
        </Button>
      </Section>
      <Section title={t('account.import')} lead={t('account.importLead')}>
        {outcome !== null && outcome !== 'working' && (
          <Alert severity={'count' in outcome ? 'success' : 'error'} sx={{ mb: 2, overflowWrap: 'anywhere' }}>
            {'count' in outcome ? t('account.imported', { count: outcome.count }) : outcome.problem}
          </Alert>
        )}
        <Button
          variant="contained"
          startIcon={<UploadIcon />}
          loading={outcome === 'working'}
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
            read(event.target.files?.[0]).catch(() => undefined);
            event.target.value = '';
          }}
        />
      </Section>
    </>
  );
}
