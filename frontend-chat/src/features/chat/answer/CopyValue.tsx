/** A value that is copied by a click on it. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import ButtonBase from '@mui/material/ButtonBase';
import { useCopy } from '@/shared/ui/useCopy';

interface CopyValueProps {
  label: string;
  value: string;
  /** The part that is shown, for long values. */
  shown?: string;
}

export function CopyValue({ label, value, shown = value }: CopyValueProps) {
  const [isCopied, copy] = useCopy();
  return (
    <ButtonBase
      aria-label={`${label}: ${value}`}
      title={value}
      onClick={() => copy(value)}
      sx={{
        gap: 0.75,
        px: 0.5,
        borderRadius: '6px',
        font: 'inherit',
        '& svg': { fontSize: 14, color: 'text.secondary' },
        '&:hover': { bgcolor: 'surface.hover' },
        '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main' },
      }}
    >
      {shown}
      {isCopied ? <CheckIcon /> : <CopyIcon />}
    </ButtonBase>
  );
}
