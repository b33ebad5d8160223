/**
 * Storage beyond the end of the program, such as `localStorage`, or `fileStore` of `@imprimatur/client/node`. Calls take effect in their
 * order.
 */
export interface Store {
  getItem(name: string): string | null | Promise<string | null>;
  setItem(name: string, value: string): void | Promise<void>;
}

/** Creates a store in memory, which ends with the program. */
export function memoryStore(): Store {
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => {
      items.set(name, value);
    },
  };
}
