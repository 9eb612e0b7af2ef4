/** The earlier pages of one conversation: one at a time, until what is asked for is on the branch that is shown. */
import { sessions } from '@/shared/api/endpoints';
import type { Message } from '@/shared/api/types';
import { activePath } from './tree';
import type { ChatState } from './types';

export class History {
  /** `undefined`: the newest page was not fetched; `null`: there is nothing earlier. */
  private nextPage: string | null | undefined = undefined;
  /** The first message that was shown after the last page: another one now means that `nextPage` does not lead on from it. */
  private top: number | undefined;
  private nRestarts = 0;
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
    this.nRestarts += 1;
  }

  /** Fetches pages until something earlier than what is shown has come, or the start is reached. */
  loadEarlier(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private async load(): Promise<void> {
    if (this.isElsewhere()) this.nextPage = undefined;
    let isNews = false;
    while (!isNews && this.nextPage !== null && !this.isStopped) {
      const [top, nRestarts] = [this.shownTop(), this.nRestarts];
      const page = await sessions.messages(this.sessionId, this.nextPage ?? null);
      const isOther = top !== this.shownTop();
      isNews = page.results.some((row) => !this.getState().messages.has(row.id));
      this.onPage(page.results);
      this.top = this.shownTop();
      this.nextPage = page.next;
      // Another branch came while this page was on its way.
      if (isOther || (nRestarts !== this.nRestarts && this.top === undefined)) {
        this.nextPage = undefined;
        isNews = false;
      }
    }
  }

  private shownTop(): number | undefined {
    return this.shown()[0]?.id;
  }

  /** What is shown begins elsewhere than after the last page. */
  private isElsewhere(): boolean {
    return this.top !== this.shownTop();
  }

  /** Whether the message is on the branch that is shown, with everything before it loaded as far as it. */
  async reach(id: number): Promise<boolean> {
    const hasMore = () => this.nextPage !== null || this.isElsewhere();
    while (!this.isShown(id) && hasMore() && !this.isStopped) await this.loadEarlier();
    return this.isShown(id);
  }

  private isShown(id: number): boolean {
    return this.shown().some((row) => row.id === id);
  }

  private shown(): readonly Message[] {
    const { messages, session } = this.getState();
    return activePath(messages, session?.active_leaf ?? null).messages;
  }
}
