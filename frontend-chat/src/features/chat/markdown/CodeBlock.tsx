/** Code with its language, colours once they are loaded, and buttons: wrap, download, copy. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import WrapIcon from '@mui/icons-material/WrapTextRounded';
import Box from '@mui/material/Box';
import { type ReactNode, useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download } from '@/shared/ui/download';
import { useCopy } from '@/shared/ui/useCopy';
import { BarButton } from './BarButton';
import { codeStyle } from './proseStyle';
import { highlight } from './highlight';
import { fileNameFor } from './languages';
import { OpenBlock } from './openBlock';

interface CodeBlockProps {
  language: string;
  code: string;
  /** Stands before the buttons of every code. */
  extra?: ReactNode;
}

export function CodeBlock({ language, code, extra }: CodeBlockProps) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  const [isWrapped, setIsWrapped] = useState(false);
  const coloured = useHighlighted(language, code);
  return (
    <Box sx={codeStyle} data-testid="code-block">
      <Box className="bar">
        <span className="language">{language || t('chat.code')}</span>
        {extra}
        <BarButton
          label={t('answer.wrap')}
          icon={<WrapIcon />}
          isPressed={isWrapped}
          onClick={() => setIsWrapped(!isWrapped)}
        />
        <BarButton
          label={t('answer.download')}
          icon={<DownloadIcon />}
          onClick={() => download(fileNameFor(language), code)}
        />
        <BarButton
          label={t('chat.copyCode')}
          icon={isCopied ? <CheckIcon /> : <CopyIcon />}
          onClick={() => copy(code)}
        />
      </Box>
      <pre tabIndex={0} aria-label={t('chat.code')} className={isWrapped ? 'wrapped' : undefined}>
        <code>{coloured ?? code}</code>
      </pre>
    </Box>
  );
}

/** The colours belong to the code they were made for. Growing code has none: each pass would read all of it. */
function useHighlighted(language: string, code: string): ReactNode {
  const isOpen = useContext(OpenBlock);
  const [result, setResult] = useState<{ code: string; nodes: ReactNode } | null>(null);
  useEffect(() => {
    if (isOpen) return;
    let isCurrent = true;
    highlight(language, code).then(
      (nodes) => isCurrent && nodes !== null && setResult({ code, nodes }),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [language, code, isOpen]);
  return result?.code === code ? result.nodes : null;
}
