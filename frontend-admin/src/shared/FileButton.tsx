/** A button that asks for a file: with the keyboard, too, which a label around a hidden field would not answer. */
import { Button } from '@mui/material';
import { useRef } from 'react';

interface FileButtonProps {
  accept?: string;
  isDisabled?: boolean;
  onChosen: (file: File) => void;
  text: string;
}

export function FileButton({ accept, isDisabled = false, onChosen, text }: FileButtonProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button disabled={isDisabled} onClick={() => field.current?.click()} variant="outlined">
        {text}
      </Button>
      <input
        accept={accept}
        aria-label={text}
        hidden
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ''; // the same one can be chosen again
          if (file) onChosen(file);
        }}
        ref={field}
        type="file"
      />
    </>
  );
}
