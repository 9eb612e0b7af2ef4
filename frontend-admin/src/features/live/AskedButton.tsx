/** A button that asks before it acts, and says in the server's words what went wrong. */
import { Button, type ButtonProps } from '@mui/material';
import { useState } from 'react';
import { Confirm, useNotify } from 'react-admin';
import { useAct } from '@/shared/useAct';

interface AskedButtonProps {
  act: () => Promise<unknown>;
  label: string;
  /** What a screen reader says where the label alone would not tell whom it concerns. */
  name?: string;
  question: string;
  done?: string;
  color?: ButtonProps['color'];
  variant?: ButtonProps['variant'];
}

export function AskedButton({ act, label, name, question, done, color, variant = 'text' }: AskedButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const notify = useNotify();
  const acting = useAct(act, () => done && notify(done, { type: 'info' }));
  return (
    <>
      <Button
        aria-label={name}
        color={color}
        disabled={acting.isPending}
        onClick={() => setIsAsking(true)}
        size="small"
        variant={variant}
      >
        {label}
      </Button>
      <Confirm
        content={question}
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        onConfirm={() => {
          setIsAsking(false);
          acting.mutate(undefined);
        }}
        title={name ?? label}
      />
    </>
  );
}
