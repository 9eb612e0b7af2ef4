/**
 * The browser's storage, or where it refuses (blocked for this site, private windows, no room left) this page's memory:
 * what is kept there is lost with the page then, and nothing else.
 */
class Kept {
  private readonly memory = new Map<string, string>();

  constructor(private readonly pick: () => Storage) {}

  getItem(key: string): string | null {
    return this.memory.get(key) ?? this.tried((storage) => storage.getItem(key)) ?? null;
  }

  setItem(key: string, value: string): void {
    const isKept = this.tried((storage) => {
      storage.setItem(key, value);
      return true;
    });
    if (isKept) this.memory.delete(key);
    else this.memory.set(key, value);
  }

  removeItem(key: string): void {
    this.memory.delete(key);
    this.tried((storage) => storage.removeItem(key));
  }

  clear(): void {
    this.memory.clear();
    this.tried((storage) => storage.clear());
  }

  /** What `ask` gives, undefined where the browser throws: even naming the storage may. */
  private tried<T>(ask: (storage: Storage) => T): T | undefined {
    try {
      return ask(this.pick());
    } catch {
      return undefined;
    }
  }
}

export const localKept = new Kept(() => localStorage);
export const sessionKept = new Kept(() => sessionStorage);
