/**
 * Cuts a file of conversations into bodies that the server takes one after the other, so that a file may be as large as it likes.
 * It is read piece by piece, and no more than one body is in memory. Bytes are looked at, not characters: in UTF-8 no byte of
 * another character looks like one that JSON is built of.
 */
export interface Part {
  /** JSON: an array of conversations, or what the whole of a small file says. */
  text: string;
  /** How many conversations of the file came before. */
  before: number;
  /** 0 … 1: how much of the file is behind this part's end. */
  share: number;
}

export interface Sizes {
  /** Bytes of a part; a larger conversation is one by itself. */
  part: number;
  /** Bytes of what the server takes at once (body_limit.py). */
  body: number;
}

const MIB = 1024 * 1024;
const SIZES: Sizes = { part: 16 * MIB, body: 64 * MIB };
const READ_BYTES = MIB;

/** The file is no JSON, or not to its end. */
export class Unreadable extends Error {}

/** One conversation, the `n`-th of its file, is larger than the server takes. */
export class TooLarge extends Error {
  constructor(readonly n: number) {
    super();
  }
}

/** Raises Unreadable or TooLarge where it comes upon the reason: what came before was given out already. */
export async function* partsOf(file: Blob, sizes: Sizes = SIZES): AsyncGenerator<Part> {
  const isArray = (await firstByte(file)) === CODE['['];
  if (file.size <= sizes.part || !isArray) {
    if (file.size > sizes.body) throw new TooLarge(1);
    yield { text: checked(await file.text()), before: 0, share: 1 };
    return;
  }
  let part: string[] = [];
  let [nBytes, before] = [0, 0];
  for await (const { bytes, end } of elementsOf(file, sizes.body)) {
    if (bytes.length > sizes.body) throw new TooLarge(before + part.length + 1);
    if (part.length > 0 && (nBytes + bytes.length > sizes.part || part.length === MAX_CONVERSATIONS)) {
      yield { text: checked(`[${part.join(',')}]`), before, share: (end - bytes.length) / file.size };
      before += part.length;
      [part, nBytes] = [[], 0];
    }
    part.push(decoded(bytes));
    nBytes += bytes.length;
  }
  yield { text: checked(`[${part.join(',')}]`), before, share: 1 };
}

const MAX_CONVERSATIONS = 2_000; // of one request
const CODE = { '"': 34, ',': 44, '[': 91, '\\': 92, ']': 93, '{': 123, '}': 125 };

/** The elements of the array that the file is. One that is larger than `limit` comes as its first `limit` + 1 bytes. */
async function* elementsOf(file: Blob, limit: number): AsyncGenerator<{ bytes: Uint8Array; end: number }> {
  const element = new Gathered(limit + 1);
  let [depth, isText, isEscaped] = [0, false, false];
  for (let at = 0; at < file.size; at += READ_BYTES) {
    const piece = new Uint8Array(await file.slice(at, at + READ_BYTES).arrayBuffer());
    let from = 0;
    for (let n = 0; n < piece.length; n += 1) {
      const byte = piece[n] as number;
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === CODE['\\']) isEscaped = true;
        else if (byte === CODE['"']) isText = false;
        continue;
      }
      const closes = byte === CODE[']'] || byte === CODE['}'];
      if (depth === 1 && (closes || byte === CODE[','])) {
        element.add(piece.subarray(from, n));
        yield { bytes: element.taken(), end: at + n };
        from = n + 1;
      }
      if (byte === CODE['"']) isText = true;
      else if (closes) depth -= 1;
      else if (byte === CODE['['] || byte === CODE['{']) {
        depth += 1;
        if (depth === 1) from = n + 1;
      }
      if (depth < 0) throw new Unreadable();
    }
    if (depth > 0) element.add(piece.subarray(from));
    // What stands behind the end is no part of it.
    else if (depth === 0 && decoded(piece.subarray(from)).trim() !== '') throw new Unreadable();
  }
  if (depth !== 0 || isText) throw new Unreadable();
}

/** Bytes that came piece by piece, up to a limit. */
class Gathered {
  private pieces: Uint8Array[] = [];
  private n = 0;

  constructor(private readonly limit: number) {}

  add(piece: Uint8Array): void {
    const fitting = piece.subarray(0, this.limit - this.n);
    this.pieces.push(fitting);
    this.n += fitting.length;
  }

  taken(): Uint8Array {
    const whole = new Uint8Array(this.n);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    [this.pieces, this.n] = [[], 0];
    return whole;
  }
}

async function firstByte(file: Blob): Promise<number | undefined> {
  const start = await file.slice(0, 1_024).text(); // takes a byte order mark away
  return start.trimStart().charCodeAt(0);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable();
  }
}

/** `text`, if it is JSON: the server need not be asked. */
function checked(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new Unreadable();
  }
}
