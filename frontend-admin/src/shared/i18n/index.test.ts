import { describe, expect, it, vi } from 'vitest';
import { catalogues, initialLocale, makeI18nProvider } from '.';

function keysOf(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return [path];
  return Object.entries(node).flatMap(([key, child]) => keysOf(child, path ? `${path}.${key}` : key));
}

const placesOf = (text: string) => [...new Set(text.match(/%\{\w+\}/g))].toSorted();

function textAt(catalogue: unknown, key: string): string {
  const found = key.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], catalogue);
  return String(found);
}

describe('the catalogues', () => {
  it('have the same keys', () => {
    expect(keysOf(catalogues.ko).toSorted()).toEqual(keysOf(catalogues.en).toSorted());
  });

  it('invent no places to fill in', () => {
    for (const key of keysOf(catalogues.en)) {
      const known = [...placesOf(textAt(catalogues.en, key)), '%{smart_count}'];
      expect(known, key).toEqual(expect.arrayContaining(placesOf(textAt(catalogues.ko, key))));
    }
  });

  it('leave nothing empty', () => {
    for (const key of keysOf(catalogues.ko)) expect(textAt(catalogues.ko, key), key).not.toBe('');
  });
});

describe('the language', () => {
  it('follows the browser, and the choice made in the chat before it', () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr-FR', 'ko-KR', 'en']);
    expect(initialLocale()).toBe('ko');
    localStorage.setItem('maru.language', 'en');
    expect(initialLocale()).toBe('en');
  });

  it('is remembered for the chat, and told to the page', async () => {
    const provider = makeI18nProvider();
    await provider.changeLocale('ko');
    expect(localStorage.getItem('maru.language')).toBe('ko');
    expect(document.documentElement.lang).toBe('ko');
    expect(provider.translate('maru.to_chat')).toBe('채팅으로 돌아가기');
  });
});
