/** Writes what is said behind what was written. Asks once where the browser would send the voice elsewhere: Maru promises not to. */
import { useSnackbar } from 'notistack';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { isLocal, startRecognition } from './dictation';
import { localKept } from '@/shared/storage';

const AGREED = 'maru.dictation.agreed';

interface DictationProps {
  before: string;
  onText: (text: string) => void;
  onEnd: () => void;
}

export default function Dictation({ before, onText, onEnd }: DictationProps) {
  const { t, i18n } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const lang = i18n.resolvedLanguage === 'ko' ? 'ko-KR' : 'en-US';
  const [way, setWay] = useState<'asking' | 'local' | 'agreed' | null>(null);
  const acts = useRef({ before, onText, onEnd });
  useEffect(() => {
    acts.current.onText = onText;
    acts.current.onEnd = onEnd;
  });
  useEffect(() => {
    isLocal(lang)
      .then((local) => setWay(local ? 'local' : localKept.getItem(AGREED) === '1' ? 'agreed' : 'asking'))
      .catch(() => setWay('asking'));
  }, [lang]);
  useEffect(() => {
    if (way !== 'local' && way !== 'agreed') return;
    const recognition = startRecognition(lang, way === 'local');
    const start = acts.current.before === '' ? '' : `${acts.current.before.trimEnd()} `;
    const heard = (event: Event) => {
      const { results } = event as unknown as { results: ArrayLike<ArrayLike<{ transcript: string }>> };
      acts.current.onText(start + Array.from(results, (result) => result[0]?.transcript ?? '').join(''));
    };
    const failed = () => enqueueSnackbar(t('compose.dictationFailed'), { variant: 'warning' });
    recognition?.addEventListener('result', heard);
    recognition?.addEventListener('error', failed);
    recognition?.addEventListener('end', () => acts.current.onEnd());
    return () => {
      recognition?.removeEventListener('error', failed);
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
