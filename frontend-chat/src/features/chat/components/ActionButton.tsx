/** A small icon button below a message. */
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import type { ReactNode } from 'react';

interface ActionButtonProps {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  isPressed?: boolean;
  isDisabled?: boolean;
}

export function ActionButton({ label, icon, onClick, isPressed, isDisabled = false }: ActionButtonProps) {
  return (
    <Tooltip title={label}>
      <span>
        <IconButton
          size="small"
          aria-label={label}
          aria-pressed={isPressed}
          disabled={isDisabled}
          onClick={onClick}
          sx={{ color: isPressed ? 'primary.main' : 'text.secondary', '& svg': { fontSize: 18 } }}
        >
          {icon}
        </IconButton>
      </span>
    </Tooltip>
  );
}
