/** A button in the bar of code: plain, for there may be hundreds of them on a page. */
import type { ReactNode } from 'react';

interface BarButtonProps {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  isPressed?: boolean;
}

export function BarButton({ label, icon, onClick, isPressed }: BarButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} aria-pressed={isPressed} onClick={onClick}>
      {icon}
    </button>
  );
}
