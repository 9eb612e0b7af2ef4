/** Code with its language, a copy button, and colours once they are loaded. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCopy } from '@/shared/ui/useCopy';
import { codeStyle } from './proseStyle';
import { highlight } from './highlight';

export function CodeBlock({ language, code }: { language: string; code: string }) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  const coloured = useHighlighted(language, code);
  return (
    <Box sx={codeStyle} data-testid="code-block">
      <Box className="bar">
        <span>{language || t('chat.code')}</span>
        <Tooltip title={isCopied ? t('chat.copied') : t('chat.copyCode')}>
          <IconButton size="small" aria-label={t('chat.copyCode')} onClick={() => copy(code)}>
            {isCopied ? <CheckIcon sx={{ fontSize: 16 }} /> : <CopyIcon sx={{ fontSize: 16 }} />}
          </IconButton>
        </Tooltip>
      </Box>
      <pre tabIndex={0} aria-label={t('chat.code')}>
        <code>{coloured ?? code}</code>
      </pre>
    </Box>
  );
}

/** The colours belong to the code they were made for: while it grows the old ones would be of another text. */
function useHighlighted(language: string, code: string): ReactNode {
  const [result, setResult] = useState<{ code: string; nodes: ReactNode } | null>(null);
  useEffect(() => {
    let isCurrent = true;
    // Growing code is coloured when it stands still for a moment: each pass reads all of it.
    const timer = setTimeout(async () => {
      const nodes = await highlight(language, code).catch(() => null);
      if (isCurrent && nodes !== null) setResult({ code, nodes });
    }, 60);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [language, code]);
  return result?.code === code ? result.nodes : null;
}
