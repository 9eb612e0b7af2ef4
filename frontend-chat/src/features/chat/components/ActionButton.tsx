/** A small icon button below a message. Its name shows as a tip of the browser: a page may have hundreds of these. */
import ButtonBase from '@mui/material/ButtonBase';
import type { MouseEvent, ReactNode } from 'react';

interface ActionButtonProps {
  label: string;
  icon: ReactNode;
  onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  isPressed?: boolean;
  isDisabled?: boolean;
  isNarrow?: boolean;
  hasMenu?: boolean;
}

export function ActionButton({
  label,
  icon,
  onClick,
  isPressed,
  isDisabled = false,
  isNarrow = false,
  hasMenu = false,
}: ActionButtonProps) {
  return (
    <ButtonBase
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      aria-haspopup={hasMenu ? 'menu' : undefined}
      disabled={isDisabled}
      onClick={onClick}
      disableRipple
      sx={isNarrow ? narrow : wide}
      data-pressed={isPressed}
    >
      {icon}
    </ButtonBase>
  );
}

const wide = {
  width: 32,
  height: 32,
  borderRadius: '9px',
  color: 'text.secondary',
  '& svg': { fontSize: 18 },
  '&:hover': { bgcolor: 'surface.hover', color: 'text.primary' },
  '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: -2 },
  '&.Mui-disabled': { opacity: 0.4 },
  '&[data-pressed=true]': { color: 'primary.main' },
  '@media (pointer: coarse)': { width: 40, height: 40 },
} as const;

const narrow = { ...wide, width: 24, ml: -0.5, '@media (pointer: coarse)': { width: 28, height: 40 } } as const;
