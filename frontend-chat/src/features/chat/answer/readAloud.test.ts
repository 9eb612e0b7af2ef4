import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { languageOf, pieces, readAloud, stopReading } from './readAloud';

class Utterance extends EventTarget {
  voice: { lang: string } | null = null;
  lang = '';
  constructor(readonly text: string) {
    super();
  }
}

function device(...langs: string[]) {
  const said: Utterance[] = [];
  const voices = langs.map((lang) => ({ lang, localService: !lang.endsWith('remote') }));
  vi.stubGlobal('SpeechSynthesisUtterance', Utterance);
  vi.stubGlobal('speechSynthesis', {
    getVoices: () => voices,
    speak: (utterance: Utterance) => said.push(utterance),
    cancel: vi.fn(),
    addEventListener: vi.fn(),
  });
  return said;
}
afterEach(() => {
  stopReading();
  vi.unstubAllGlobals();
});

test('it works: sentence after sentence, in the voice of the text’s language', async () => {
  const said = device('en-US', 'ko-KR');
  expect(await readAloud(1, '마루는 집의 바닥입니다. 사람들이 모입니다.')).toBe(true);
  expect(said.map(({ text, lang }) => [text, lang])).toEqual([['마루는 집의 바닥입니다.', 'ko-KR']]);
  said[0]?.dispatchEvent(new Event('end'));
  expect(said[1]?.text).toBe('사람들이 모입니다.');
});

test('what is stopped stays silent', async () => {
  const said = device('en-US');
  await readAloud(1, 'One. Two.');
  stopReading();
  said[0]?.dispatchEvent(new Event('end'));
  expect(said).toHaveLength(1);
});

test('a voice that sends the text elsewhere is not used', async () => {
  const said = device('ko-KR-remote');
  expect(await readAloud(1, '안녕하세요')).toBe(false);
  expect(said).toEqual([]);
});

test('mixed text is read in the language of most of it', () => {
  expect(languageOf('React는 화면을 그리는 도구예요')).toBe('ko');
  expect(languageOf('The word 마루 means floor')).toBe('en');
});

test('nothing is lost in the cutting', () => {
  const text = `${'word '.repeat(100)}end. 다음 문장입니다.`;
  expect(pieces(text).join(' ')).toBe(text);
  expect(Math.max(...pieces('가'.repeat(500)).map((part) => part.length))).toBeLessThanOrEqual(180);
});

test('what is being said is held until it is said: browsers let go of it, and its end would be told to nobody', async () => {
  device('en-US');
  const said: WeakRef<Utterance>[] = [];
  speechSynthesis.speak = (utterance) => void said.push(new WeakRef(utterance as unknown as Utterance));
  await readAloud(1, 'One. Two.');
  await new Promise((resolve) => setTimeout(resolve));
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  expect(said[0]?.deref()?.text).toBe('One.');
});
