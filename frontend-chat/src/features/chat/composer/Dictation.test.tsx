import { act, cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { SnackbarProvider } from 'notistack';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import Dictation from './Dictation';

class FakeRecognition extends EventTarget {
  static made: FakeRecognition | null = null;
  static available = async () => 'available';
  start(): void {
    FakeRecognition.made = this;
  }
  abort(): void {}
  /** All that was heard since the start, phrase by phrase, as browsers tell it each time. */
  hear(...phrases: string[]): void {
    const results = phrases.map((transcript) => [{ transcript }]);
    act(() => void this.dispatchEvent(Object.assign(new Event('result'), { results })));
  }
}
vi.stubGlobal('SpeechRecognition', FakeRecognition);

const onEnd = vi.fn();

function Page() {
  const [text, setText] = useState('');
  return (
    <SnackbarProvider>
      <textarea aria-label="box" value={text} onChange={(event) => setText(event.target.value)} />
      <Dictation before={text} onText={setText} onEnd={onEnd} />
    </SnackbarProvider>
  );
}

const box = () => screen.getByRole('textbox', { name: 'box' });

async function begun(): Promise<FakeRecognition> {
  FakeRecognition.made = null;
  render(<Page />);
  return vi.waitFor(() => FakeRecognition.made ?? Promise.reject(new Error('not started')), 10_000);
}

test('it works: what is said stands in the box as it is heard', async () => {
  const mic = await begun();
  mic.hear('오늘');
  mic.hear('오늘 날씨', ' 알려 줘');
  expect(box()).toHaveValue('오늘 날씨 알려 줘');
});

test('what was sent meanwhile does not come back', async () => {
  const mic = await begun();
  mic.hear('first question');
  await userEvent.clear(box()); // as the composer does when it has sent
  mic.hear('first question', ' second');
  expect(box()).toHaveValue('second');
});

test('what was written meanwhile stays', async () => {
  const mic = await begun();
  mic.hear('call Kim');
  await userEvent.type(box(), ', Minji');
  mic.hear('call Kim', ' tomorrow');
  expect(box()).toHaveValue('call Kim, Minji tomorrow');
});

test('the end of what was switched off does not end what was begun since', async () => {
  const first = await begun();
  cleanup();
  await begun();
  onEnd.mockClear();
  first.dispatchEvent(new Event('end')); // browsers tell it a moment after `abort`
  expect(onEnd).not.toHaveBeenCalled();
  FakeRecognition.made?.dispatchEvent(new Event('end'));
  expect(onEnd).toHaveBeenCalledTimes(1);
});
