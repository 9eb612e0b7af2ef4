/** Which commands a beginning of one means. Pure. */

export interface Command {
  command: string;
  title: string;
  /** What is put into the box; null for an act. */
  content: string | null;
}

const MAX_SHOWN = 12;

/** Commands that begin with the words first, then those that hold them in command or title. */
export function matching(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase();
  const begins = commands.filter((one) => one.command.toLowerCase().startsWith(words));
  const holds = commands.filter(
    (one) => !begins.includes(one) && `${one.command} ${one.title}`.toLowerCase().includes(words),
  );
  return [...begins, ...holds].slice(0, MAX_SHOWN);
}
