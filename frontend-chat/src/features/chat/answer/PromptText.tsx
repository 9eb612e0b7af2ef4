/** The prompt exactly as the model got it, folded: it may be long. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';
import { useCopy } from '@/shared/ui/useCopy';
import { MONO } from '../markdown/proseStyle';

export function PromptText({ text }: { text: string }) {
  const { t } = useTranslation();
  const [isCopied, copy] = useCopy();
  return (
    <Box component="details" sx={{ mt: 2.5, '& summary': { cursor: 'pointer', fontSize: '0.875rem', py: 0.5 } }}>
      <summary>{t('answer.prompt')}</summary>
      <Box
        component="pre"
        tabIndex={0}
        aria-label={t('answer.prompt')}
        data-testid="rendered-prompt"
        sx={{
          m: 0,
          my: 1,
          p: 1.5,
          maxHeight: 360,
          overflow: 'auto',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          fontFamily: MONO,
          fontSize: '0.8rem',
          lineHeight: 1.55,
          bgcolor: 'surface.code',
          borderRadius: '10px',
        }}
      >
        {text}
      </Box>
      <Button
        size="small"
        color="inherit"
        startIcon={isCopied ? <CheckIcon /> : <CopyIcon />}
        onClick={() => copy(text)}
      >
        {t('answer.copyPrompt')}
      </Button>
    </Box>
  );
}
