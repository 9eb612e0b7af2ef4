import { afterEach, expect, test, vi } from 'vitest';
import { ReadMarks } from './readMarks';

let visibility: DocumentVisibilityState = 'visible';
vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
const turn = (next: DocumentVisibilityState) => {
  visibility = next;
  document.dispatchEvent(new Event('visibilitychange'));
};
afterEach(() => turn('visible'));

test('what is shown is told once', () => {
  const send = vi.fn(() => true);
  const marks = new ReadMarks(send);
  marks.shown(4);
  marks.shown(4);
  marks.shown(2);
  expect(send.mock.calls).toEqual([[{ type: 'read', message_id: 4 }]]);
  marks.stop();
});

test('in a hidden tab nothing is read until somebody looks', () => {
  const send = vi.fn(() => true);
  const marks = new ReadMarks(send);
  turn('hidden');
  marks.shown(4);
  expect(send).not.toHaveBeenCalled();
  turn('visible');
  expect(send).toHaveBeenCalledTimes(1);
  marks.stop();
});

test('what could not be sent is told later', () => {
  const send = vi.fn(() => true).mockReturnValueOnce(false);
  const marks = new ReadMarks(send);
  marks.shown(4);
  marks.shown(4);
  expect(send).toHaveBeenCalledTimes(2);
  marks.stop();
});

test('what ends anew, or after a newer one that was read, is told again', () => {
  const send = vi.fn(() => true);
  const marks = new ReadMarks(send);
  marks.shown(4);
  marks.ended(3);
  expect(send.mock.calls).toEqual([[{ type: 'read', message_id: 4 }], [{ type: 'read', message_id: 4 }]]);
  turn('hidden');
  marks.ended(4);
  expect(send).toHaveBeenCalledTimes(2);
  turn('visible');
  expect(send).toHaveBeenCalledTimes(3);
  marks.stop();
});
