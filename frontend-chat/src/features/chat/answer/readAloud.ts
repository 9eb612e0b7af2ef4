/**
 * Reads a text with a voice of this device: nothing that is read leaves it. One text at a time; asking for another ends the one
 * before. Browsers cut long utterances off, so sentences are spoken one after the other.
 */
import { useSyncExternalStore } from 'react';

const MAX_CHARS = 180;

let speaking: number | null = null;
let run = 0;
/** HAZARD: browsers let go of an utterance that nothing holds, and its end is then told to nobody. */
const held = new Set<SpeechSynthesisUtterance>();
const listeners = new Set<() => void>();

function now(next: number | null): void {
  speaking = next;
  for (const listener of listeners) listener();
}

export function useSpeaking(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => speaking,
  );
}

export const canRead = (): boolean => 'speechSynthesis' in globalThis;

/** The language most of the letters are of. */
export function languageOf(text: string): 'ko' | 'en' {
  const hangul = text.match(/[가-힣]/g)?.length ?? 0;
  const latin = text.match(/[a-z]/gi)?.length ?? 0;
  return hangul * 2 > latin ? 'ko' : 'en';
}

/** Pieces of at most MAX_CHARS, cut at sentences, else at blanks. Pure. */
export function pieces(text: string): string[] {
  const found: string[] = [];
  for (const sentence of text.split(/(?<=[.!?…。！？])\s+|\n+/)) {
    let rest = sentence.trim();
    while (rest.length > MAX_CHARS) {
      const blank = rest.lastIndexOf(' ', MAX_CHARS);
      const at = blank > MAX_CHARS / 2 ? blank : MAX_CHARS;
      found.push(rest.slice(0, at).trim());
      rest = rest.slice(at).trim();
    }
    if (rest !== '') found.push(rest);
  }
  return found;
}

/** False when this device has no voice for the language; nothing is read then. */
export async function readAloud(id: number, text: string): Promise<boolean> {
  stopReading();
  const mine = run;
  const language = languageOf(text);
  const voice = (await voices()).find((each) => each.localService && each.lang.toLowerCase().startsWith(language));
  if (!voice) return false;
  if (mine !== run) return true;
  const parts = pieces(text);
  now(id);
  const next = () => {
    held.clear();
    const part = mine === run ? parts.shift() : undefined;
    if (part === undefined) {
      if (mine === run) now(null);
      return;
    }
    const utterance = new SpeechSynthesisUtterance(part);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.addEventListener('end', next);
    utterance.addEventListener('error', () => mine === run && now(null));
    held.add(utterance);
    speechSynthesis.speak(utterance);
  };
  next();
  return true;
}

export function stopReading(): void {
  run += 1;
  held.clear();
  if (canRead()) speechSynthesis.cancel();
  if (speaking !== null) now(null);
}

// Browsers go on speaking when the page is gone.
globalThis.addEventListener?.('pagehide', stopReading);

const VOICES_MS = 1_000;

/** Some browsers know their voices only a moment after they were first asked. */
function voices(): Promise<SpeechSynthesisVoice[]> {
  const known = speechSynthesis.getVoices();
  if (known.length > 0) return Promise.resolve(known);
  return new Promise((resolve) => {
    const tell = () => resolve(speechSynthesis.getVoices());
    speechSynthesis.addEventListener('voiceschanged', tell, { once: true });
    setTimeout(tell, VOICES_MS);
  });
}
