/** Brings a message into view: loads up to it, or shows the branch that has it. Who asks for another one gives the first up. */
import type { History } from './history';

interface FinderActs {
  /** Resolves when the server has told the session. */
  known: () => Promise<void>;
  showBranch: (id: number) => Promise<void>;
  onFound: (id: number) => void;
}

export class Finder {
  private nAsked = 0;
  /** HAZARD: a switch that the server was asked for cannot be taken back; a later goal that does not wait for it loses to it. */
  private switching: Promise<void> = Promise.resolve();

  constructor(
    private readonly history: History,
    private readonly acts: FinderActs,
  ) {}

  /** Nobody waits any more for what was asked for. */
  stop(): void {
    this.nAsked += 1;
  }

  async goTo(id: number): Promise<void> {
    this.nAsked += 1;
    const mine = this.nAsked;
    const isLatest = () => mine === this.nAsked;
    try {
      await Promise.all([this.acts.known(), this.switching]);
      const isThere = isLatest() && ((await this.history.reach(id)) || (isLatest() && (await this.onItsBranch(id))));
      if (isThere && isLatest()) this.acts.onFound(id);
    } catch (error) {
      if (isLatest()) throw error;
    }
  }

  private async onItsBranch(id: number): Promise<boolean> {
    const branch = this.acts.showBranch(id);
    this.switching = branch.catch(() => undefined);
    await branch;
    this.history.restart();
    return this.history.reach(id);
  }
}
