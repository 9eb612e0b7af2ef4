/** Some models think aloud first, between `<think>` and `</think>`. Pure. */

export interface Reasoned {
  /** Empty when the model did not think aloud. */
  reasoning: string;
  answer: string;
  isThinking: boolean;
}

const OPEN = '<think>';
const CLOSE = '</think>';

export function splitReasoning(text: string): Reasoned {
  const begin = text.length - text.trimStart().length;
  if (!text.startsWith(OPEN, begin)) return { reasoning: '', answer: text, isThinking: false };
  const from = begin + OPEN.length;
  const end = text.indexOf(CLOSE, from);
  if (end < 0) return { reasoning: text.slice(from).trim(), answer: '', isThinking: true };
  return {
    reasoning: text.slice(from, end).trim(),
    answer: text.slice(end + CLOSE.length).trimStart(),
    isThinking: false,
  };
}
