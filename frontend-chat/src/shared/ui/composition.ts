/** Whether a key belongs to an input method. Safari ends the composition before the keydown of its Enter: keyCode 229 tells. */
import type { KeyboardEvent } from 'react';

export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}
