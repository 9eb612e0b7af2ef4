/** A Mermaid diagram: drawn when its block is finished, as a picture; until then, and where it cannot be read, its code. */
import CodeIcon from '@mui/icons-material/CodeRounded';
import DiagramIcon from '@mui/icons-material/SchemaOutlined';
import Box from '@mui/material/Box';
import { useColorScheme } from '@mui/material/styles';
import { useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BarButton } from './BarButton';
import { CodeBlock } from './CodeBlock';
import { OpenBlock } from './openBlock';
import { codeStyle } from './proseStyle';

export function Diagram({ code }: { code: string }) {
  const { t } = useTranslation();
  const picture = usePicture(code);
  const [isCode, setIsCode] = useState(false);
  if (!picture || isCode) {
    const toggle = picture && (
      <BarButton label={t('answer.showDiagram')} icon={<DiagramIcon />} onClick={() => setIsCode(false)} />
    );
    return <CodeBlock language="mermaid" code={code} extra={toggle} />;
  }
  return (
    <Box sx={codeStyle} data-testid="diagram">
      <Box className="bar">
        <span className="language">{t('answer.diagram')}</span>
        <BarButton label={t('answer.showCode')} icon={<CodeIcon />} onClick={() => setIsCode(true)} />
      </Box>
      <Box
        sx={{ p: 2, overflowX: 'auto', textAlign: 'center' }}
        tabIndex={0}
        role="group"
        aria-label={t('answer.diagram')}
      >
        <img
          src={picture.url}
          width={picture.width}
          height={picture.height}
          alt={t('answer.diagramOf', { code: code.slice(0, 300) })}
          style={{ maxWidth: '100%', height: 'auto' }}
        />
      </Box>
    </Box>
  );
}

interface Picture {
  url: string;
  width: number;
  height: number;
}

function usePicture(code: string): Picture | null {
  const isOpen = useContext(OpenBlock);
  const { mode, systemMode } = useColorScheme();
  const isDark = (mode === 'system' ? systemMode : mode) === 'dark';
  const [picture, setPicture] = useState<Picture | null>(null);
  useEffect(() => {
    if (isOpen) return;
    let url: string | null = null;
    let isCurrent = true;
    const draw = async () => {
      const { drawDiagram } = await import('./drawDiagram');
      const drawn = await drawDiagram(code, isDark);
      if (!isCurrent) return;
      url = URL.createObjectURL(new Blob([drawn.svg], { type: 'image/svg+xml' }));
      setPicture({ url, width: drawn.width, height: drawn.height });
    };
    // What Mermaid cannot read stays code.
    draw().catch(() => undefined);
    return () => {
      isCurrent = false;
      // Not at once: the picture stays until the next one is drawn, so that nothing jumps.
      const old = url;
      if (old !== null) setTimeout(() => URL.revokeObjectURL(old), 10_000);
    };
  }, [code, isDark, isOpen]);
  return picture;
}
