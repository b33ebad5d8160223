/** Groups that may be on their way to the database at once: while one is answered, the next is made. */
const MAX_FLIGHTS = 2;
/** Rows that one group reads at most. */
const MAX_GROUP = 100;

/** Who waits for a row. */
interface Reader<Key, Row> {
  readonly key: Key;
  readonly name: string;
  readonly resolve: (row: Row | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads by key that arrive while others are on their way share the next statement. Each begins after it was asked for, so it
 * sees whatever was committed by then. Nobody waits for a group to fill.
 */
export class ReadGroups<Key, Row> {
  private waiting: Reader<Key, Row>[] = [];
  private flights = 0;

  constructor(
    /** Equal keys have one name. */
    private readonly nameOf: (key: Key) => string,
    private readonly keyOf: (row: Row) => Key,
    private readonly select: (keys: readonly Key[]) => Promise<Row[]>,
  ) {}

  /** Null where there is no such row. */
  find(key: Key): Promise<Row | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, name: this.nameOf(key), resolve, reject });
      this.takeOff();
    });
  }

  private takeOff(): void {
    while (this.flights < MAX_FLIGHTS && this.waiting.length > 0) {
      this.flights++;
      void this.fly(this.waiting.splice(0, MAX_GROUP)).finally(() => {
        this.flights--;
        this.takeOff();
      });
    }
  }

  /** Every reader is answered; it never throws. */
  private async fly(readers: readonly Reader<Key, Row>[]): Promise<void> {
    try {
      const wanted = new Map(readers.map(({ name, key }) => [name, key]));
      const rows = await this.select([...wanted.values()]);
      const found = new Map(rows.map((row) => [this.nameOf(this.keyOf(row)), row]));
      for (const { name, resolve } of readers) resolve(found.get(name) ?? null);
    } catch (error) {
      for (const { reject } of readers) reject(error);
    }
  }
}
