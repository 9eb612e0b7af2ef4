/** The browser's own speech recognition, where it has one. */

export interface Recognition extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally?: boolean;
  start: () => void;
  abort: () => void;
}

type Maker = (new () => Recognition) & {
  available?: (options: { langs: string[]; processLocally: boolean }) => Promise<string>;
};

function maker(): Maker | undefined {
  const { SpeechRecognition, webkitSpeechRecognition } = globalThis as unknown as Record<string, Maker | undefined>;
  return SpeechRecognition ?? webkitSpeechRecognition;
}

export const hasDictation = (): boolean => maker() !== undefined;

/** Whether this device recognises speech itself. Elsewhere the browser sends what it hears to its maker. */
export async function isLocal(lang: string): Promise<boolean> {
  const state = await maker()
    ?.available?.({ langs: [lang], processLocally: true })
    .catch(() => '');
  return state === 'available';
}

export function startRecognition(lang: string, isLocalOnly: boolean): Recognition | null {
  const Made = maker();
  if (!Made) return null;
  const recognition = new Made();
  recognition.lang = lang;
  recognition.continuous = true;
  recognition.interimResults = true;
  if (isLocalOnly) recognition.processLocally = true;
  recognition.start();
  return recognition;
}
