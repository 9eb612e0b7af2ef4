import { expect, test } from 'vitest';
import { kindOf, refusalOf } from './files';

const MIB = 1024 * 1024;
const limits = {
  images: { max_bytes: 9, max_pixels: 9, media_types: ['image/png'], per_message: 3, room_bytes: 8 },
  documents: { suffixes: ['md', 'pdf'], max_bytes: 9, room_bytes: 8, room_documents: 1 },
};
const refused = (name: string, type: string, n_bytes: number, n = 1, all = limits) => {
  const file = new File(['x'.repeat(n_bytes)], name, { type });
  return refusalOf(file, kindOf(file), all, n);
};

test('it works: an image and a document within the limits may go', () => {
  expect(refused('a.png', 'image/png', 8)).toBeNull();
  expect(refused('보고서.PDF', 'application/pdf', 8)).toBeNull();
});
test.each([
  ['a.bmp', 'image/bmp', 1, 'no_image'],
  ['a.png', 'image/png', 10, 'image_too_large'],
  ['a.png', 'image/png', 9, 'uploads_full'],
  ['a.exe', '', 1, 'document_unsupported'],
  ['a.md', 'text/markdown', 0, 'document_empty'],
  ['a.md', '', 10, 'document_too_large'],
  ['a.md', '', 9, 'documents_full'],
])('%s of type “%s” and %i bytes: %s', (name, type, n_bytes, code) => expect(refused(name, type, n_bytes)).toBe(code));
test('a message takes so many', () => expect(refused('a.md', '', 1, 4)).toBe('too_many_files'));
test('no room for another document', () => {
  const full = { ...limits, documents: { ...limits.documents, room_bytes: MIB, room_documents: 0 } };
  expect(refused('a.md', '', 1, 1, full)).toBe('documents_full');
});
