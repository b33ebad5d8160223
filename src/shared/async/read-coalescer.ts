import { setImmediate as nextTurn } from 'node:timers/promises';

/** Maximum number of reads per statement. */
const MAX_GROUP_SIZE = 100;

/** Read that waits for its row. */
interface PendingRead<Key, Row> {
  readonly key: Key;
  readonly name: string;
  readonly resolve: (row: Row | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Combines reads by key that arrive while a statement is in flight into the next one; no read waits for a group to fill.
 * A statement is sent after all its reads have arrived, so each read sees everything committed before it.
 */
export class ReadCoalescer<Key, Row> {
  private waiting: PendingRead<Key, Row>[] = [];
  private inFlight = false;

  constructor(
    /** Returns the same string for equal keys. */
    private readonly nameOf: (key: Key) => string,
    private readonly keyOf: (row: Row) => Key,
    private readonly select: (keys: readonly Key[]) => Promise<Row[]>,
  ) {}

  /** Returns the row, or null if it does not exist. */
  load(key: Key): Promise<Row | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, name: this.nameOf(key), resolve, reject });
      this.dispatch();
    });
  }

  private dispatch(): void {
    if (this.inFlight || this.waiting.length === 0) return;
    this.inFlight = true;
    void this.runGroup(this.waiting.splice(0, MAX_GROUP_SIZE));
  }

  /** Settles every read of the group and never throws. */
  private async runGroup(readers: readonly PendingRead<Key, Row>[]): Promise<void> {
    const settle = await this.read(readers);
    this.inFlight = false;
    if (this.waiting.length > 0) {
      // The next group is sent before these reads are settled, so that the database works meanwhile.
      this.dispatch();
      await nextTurn();
    }
    for (const reader of readers) settle(reader);
  }

  private async read(readers: readonly PendingRead<Key, Row>[]): Promise<(reader: PendingRead<Key, Row>) => void> {
    try {
      const wanted = new Map(readers.map(({ name, key }) => [name, key]));
      const rows = await this.select([...wanted.values()]);
      const found = new Map(rows.map((row) => [this.nameOf(this.keyOf(row)), row]));
      return ({ name, resolve }) => {
        resolve(found.get(name) ?? null);
      };
    } catch (error) {
      return ({ reject }) => {
        reject(error);
      };
    }
  }
}
