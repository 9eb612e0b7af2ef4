import type { ClipboardEvent } from 'react';

/** Files that are pasted become attachments; words stay the box's own affair. */
export function pasting(add: (files: File[]) => void) {
  return (event: ClipboardEvent) => {
    const data = event.clipboardData;
    if (data.files.length === 0 || isPictureOfText(data)) return;
    event.preventDefault();
    add([...data.files]);
  };
}

/** Office programs copy words as words and as an image of them; a file manager gives names as words, but without a form. */
function isPictureOfText(data: DataTransfer): boolean {
  return data.types.includes('text/plain') && data.types.includes('text/html');
}
