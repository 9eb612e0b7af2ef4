import { expect, test } from 'vitest';
import { en } from './en';
import { later as laterEnglish } from './en/later';
import i18next, { chooseLanguage, withTexts } from './index';
import { ko } from './ko';
import { later as laterKorean } from './ko/later';
import { frameProblemText, problemText } from './problem';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(prefix + key, value);
    else for (const [name, text] of flat(value, `${prefix}${key}.`)) found.set(name, text);
  }
  return found;
}

const [english, korean] = [flat({ ...en, ...laterEnglish }), flat({ ...ko, ...laterKorean })];
const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted();

test('both languages have the same keys, and none is empty', () => {
  expect([...korean.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  for (const [key, text] of [...english, ...korean]) expect(text.trim(), key).not.toBe('');
});

test('both languages fill the same places', () => {
  for (const [key, text] of english) expect(places(korean.get(key) ?? ''), key).toEqual(places(text));
});

test('Korean texts are Korean', () => {
  const foreign = new Set(['settings.topP']);
  for (const [key, text] of korean) if (!foreign.has(key)) expect(text, key).toMatch(/[가-힣]/);
});

test('the choice is kept and told to the page', async () => {
  await chooseLanguage('ko');
  expect(document.documentElement.lang).toBe('ko');
  expect(i18next.t('chat.send')).toBe('보내기');
  await chooseLanguage('en');
  expect(i18next.t('chat.send')).toBe('Send');
});

test('texts of lazy parts come with them, in the language that is read', async () => {
  await chooseLanguage('ko');
  await withTexts(Promise.resolve());
  expect(i18next.t('auth.login')).toBe('로그인');
  await chooseLanguage('en');
  expect(i18next.t('auth.login')).toBe('Sign in');
});

test("the server's sentence comes first, then ours for the code, then a general one", () => {
  const { t } = i18next;
  expect(problemText(t, { code: 'queue_full', detail: 'Wait 3 s.' })).toBe('Wait 3 s.');
  expect(problemText(t, { code: 'queue_full' })).toBe(en.errors.queue_full);
  expect(problemText(t, { code: 'unheard_of' })).toBe(en.errors.error);
  expect(frameProblemText(t, { code: 'queue_full', detail: 'Wait 3 s.' })).toBe(en.errors.queue_full);
  expect(frameProblemText(t, { code: 'unheard_of', detail: 'So it is.' })).toBe('So it is.');
});
