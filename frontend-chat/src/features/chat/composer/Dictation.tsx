/** Writes what is said behind what was written. Asks once where the browser would send the voice elsewhere: Maru promises not to. */
import { useSnackbar } from 'notistack';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { isLocal, startRecognition } from './dictation';
import { localKept } from '@/shared/storage';

const AGREED = 'maru.dictation.agreed';

interface DictationProps {
  /** What is in the box now. */
  before: string;
  onText: (text: string) => void;
  onEnd: () => void;
}

export default function Dictation({ before, onText, onEnd }: DictationProps) {
  const { t, i18n } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const lang = i18n.resolvedLanguage === 'ko' ? 'ko-KR' : 'en-US';
  const [way, setWay] = useState<'asking' | 'local' | 'agreed' | null>(null);
  const acts = useRef({ text: before, onText, onEnd });
  useEffect(() => {
    acts.current = { text: before, onText, onEnd };
  });
  useEffect(() => {
    isLocal(lang)
      .then((local) => setWay(local ? 'local' : localKept.getItem(AGREED) === '1' ? 'agreed' : 'asking'))
      .catch(() => setWay('asking'));
  }, [lang]);
  useEffect(() => {
    if (way !== 'local' && way !== 'agreed') return;
    const recognition = startRecognition(lang, way === 'local');
    let [start, written] = [startOf(acts.current.text), acts.current.text];
    let [said, past] = ['', 0];
    const heard = (event: Event) => {
      const { results } = event as unknown as { results: ArrayLike<ArrayLike<{ transcript: string }>> };
      // Sent, or changed by hand: what is said from now on comes behind that, what was said before has gone where it went.
      if (acts.current.text !== written) [start, past] = [startOf(acts.current.text), said.length];
      said = Array.from(results, (result) => result[0]?.transcript ?? '').join('');
      written = start + said.slice(past).trimStart();
      acts.current.text = written;
      acts.current.onText(written);
    };
    const failed = () => enqueueSnackbar(t('compose.dictationFailed'), { variant: 'warning' });
    recognition?.addEventListener('result', heard);
    recognition?.addEventListener('error', failed);
    const ended = () => acts.current.onEnd();
    recognition?.addEventListener('end', ended);
    return () => {
      recognition?.removeEventListener('error', failed);
      recognition?.removeEventListener('end', ended); // it comes after `abort`, when another may have begun
      recognition?.abort();
    };
  }, [way, lang, t, enqueueSnackbar]);
  if (way !== 'asking') return null;
  return (
    <ConfirmDialog
      title={t('compose.dictate')}
      text={t('compose.dictationWarning')}
      confirm={t('compose.dictationAgree')}
      isHarmless
      onCancel={onEnd}
      onConfirm={() => {
        localKept.setItem(AGREED, '1');
        setWay('agreed');
      }}
    />
  );
}

function startOf(text: string): string {
  return text === '' ? '' : `${text.trimEnd()} `;
}
