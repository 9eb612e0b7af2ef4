/** Upload of a GGUF file, with progress. The same file chosen again goes on with an upload that was cut. */
import { Alert, LinearProgress, Stack, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLocale, useNotify, useTranslate } from 'react-admin';
import type { ModelFiles } from '@/shared/api/models';
import { FileButton } from '@/shared/FileButton';
import { bytes } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';
import { upload } from './uploading';

interface Running {
  name: string;
  size: number;
  sent: number;
}

export function UploadTab({ files }: { files: ModelFiles }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const notify = useNotify();
  const client = useQueryClient();
  const isGone = useRef(false);
  const [running, setRunning] = useState<Running | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  async function send(file: File) {
    const name = file.name.replace(/\.gguf$/, '');
    const begun = files.arriving.find(
      (one) => one.origin === 'upload' && one.name === name && one.size_bytes === file.size,
    );
    setProblem('');
    setRunning({ name, size: file.size, sent: 0 });
    try {
      const done = await upload({
        file,
        begun,
        pieceBytes: Math.min(files.max_piece_bytes, 8 * 1024 * 1024),
        isStopped: () => isGone.current,
        onProgress: (_, sent) => setRunning({ name, size: file.size, sent }),
      });
      if (done) notify('maru.models.bring.done', { type: 'success', messageArgs: { name: done } });
    } catch (error) {
      setProblem(translate(sentenceOf(error)));
    }
    setRunning(null);
    await client.invalidateQueries({ queryKey: ['model-files'] });
    await client.invalidateQueries({ queryKey: ['models'] });
  }

  return (
    <Stack sx={{ gap: 1.5, alignItems: 'flex-start' }}>
      <Typography color="textSecondary" variant="body2">
        {translate('maru.models.bring.upload_text')}
      </Typography>
      <FileButton
        accept=".gguf"
        isDisabled={running !== null}
        onChosen={(file) => void send(file)}
        text={translate('maru.models.bring.choose_file')}
      />
      {running ? (
        <Stack sx={{ width: '100%', maxWidth: 480, gap: 0.5 }}>
          <Typography variant="body2">
            {running.name} ·{' '}
            {translate('maru.models.arriving.of', {
              received: bytes(running.sent, locale),
              size: bytes(running.size, locale),
            })}
          </Typography>
          <LinearProgress aria-label={running.name} value={(running.sent / running.size) * 100} variant="determinate" />
        </Stack>
      ) : null}
      {problem ? <Alert severity="error">{problem}</Alert> : null}
    </Stack>
  );
}
