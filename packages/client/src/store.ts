/** Where a program keeps what must outlive it. `localStorage` is one; in Node.js a file a name will do. */
export interface Store {
  getItem(name: string): string | null | Promise<string | null>;
  setItem(name: string, value: string): void | Promise<void>;
}

/** For programs that keep nothing: forgotten when they end. */
export function memoryStore(): Store {
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => {
      items.set(name, value);
    },
  };
}
