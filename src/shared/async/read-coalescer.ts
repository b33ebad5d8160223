import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows that one group reads at most. */
const MAX_GROUP = 100;

/** Who waits for a row. */
interface PendingRead<Key, Row> {
  readonly key: Key;
  readonly name: string;
  readonly resolve: (row: Row | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads by key that arrive while others are on their way share the next statement; one is on its way at a time. Each begins after it
 * was asked for, so it sees whatever was committed by then. Nobody waits for a group to fill.
 */
export class ReadCoalescer<Key, Row> {
  private waiting: PendingRead<Key, Row>[] = [];
  private inFlight = false;

  constructor(
    /** Equal keys have one name. */
    private readonly nameOf: (key: Key) => string,
    private readonly keyOf: (row: Row) => Key,
    private readonly select: (keys: readonly Key[]) => Promise<Row[]>,
  ) {}

  /** Null where there is no such row. */
  load(key: Key): Promise<Row | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, name: this.nameOf(key), resolve, reject });
      this.dispatch();
    });
  }

  private dispatch(): void {
    if (this.inFlight || this.waiting.length === 0) return;
    this.inFlight = true;
    void this.runGroup(this.waiting.splice(0, MAX_GROUP));
  }

  /** Every reader is answered; it never throws. */
  private async runGroup(readers: readonly PendingRead<Key, Row>[]): Promise<void> {
    const answer = await this.read(readers);
    this.inFlight = false;
    if (this.waiting.length > 0) {
      // Before anybody is answered the next group is sent, so that the database works meanwhile.
      this.dispatch();
      await nextTurn();
    }
    for (const reader of readers) answer(reader);
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
