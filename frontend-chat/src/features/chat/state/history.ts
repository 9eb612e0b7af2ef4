/** The earlier pages of one conversation: one at a time, until what is asked for is on the branch that is shown. */
import { sessions } from '@/shared/api/endpoints';
import type { Message } from '@/shared/api/types';
import { activePath } from './tree';
import type { ChatState } from './types';

export class History {
  /** `undefined`: the newest page was not fetched; `null`: there is nothing earlier. */
  private nextPage: string | null | undefined = undefined;
  /** The fetch that runs. HAZARD: whoever asks meanwhile must wait for it; a loop over an answer at once would stop the page. */
  private loading: Promise<void> | null = null;
  private isStopped = false;

  constructor(
    private readonly sessionId: number,
    private readonly getState: () => ChatState,
    private readonly onPage: (messages: Message[]) => void,
  ) {}

  stop(): void {
    this.isStopped = true;
  }

  /** Another branch has other pages. */
  restart(): void {
    this.nextPage = undefined;
  }

  /** Fetches pages until something earlier than what is shown has come, or the start is reached. */
  loadEarlier(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private async load(): Promise<void> {
    let isNews = false;
    while (!isNews && this.nextPage !== null && !this.isStopped) {
      const page = await sessions.messages(this.sessionId, this.nextPage ?? null);
      this.nextPage = page.next;
      isNews = page.results.some((row) => !this.getState().messages.has(row.id));
      this.onPage(page.results);
    }
  }

  /** Whether the message is on the branch that is shown, with everything before it loaded as far as it. */
  async reach(id: number): Promise<boolean> {
    while (!this.isShown(id) && this.nextPage !== null && !this.isStopped) await this.loadEarlier();
    return this.isShown(id);
  }

  private isShown(id: number): boolean {
    const { messages, session } = this.getState();
    return activePath(messages, session?.active_leaf ?? null).messages.some((row) => row.id === id);
  }
}
