import { isOutOfSpace, isReadOnly } from './sql-errors.js';

/** A failure is reported for so long: where it lasts, the next comes meanwhile. */
const REPORT_MS = 5_000;

/** Connection of the pool as its monitor sees it. */
interface MonitoredConnection {
  /** Milliseconds since the oldest statement without an answer was sent. */
  waitingFor(now: number): number;
  abandon(reason: string): void;
}

/** State of the pool's connections, for readiness and for the end of the process. */
export class PoolMonitor {
  private readonly connections = new Set<MonitoredConnection>();
  private unansweredAt = -Infinity;
  private failedWriteAt = -Infinity;
  private failedWrite = '';
  private closed = false;

  /** `slowMs` is longer than a statement of a database in good health takes. */
  constructor(private readonly slowMs: number) {}

  /** True when connections may be neither made nor used any more. */
  get isClosed(): boolean {
    return this.closed;
  }

  add(connection: MonitoredConnection): void {
    this.connections.add(connection);
  }

  remove(connection: MonitoredConnection): void {
    this.connections.delete(connection);
  }

  noteUnanswered(): void {
    this.unansweredAt = performance.now();
  }

  /** Notes an error that PostgreSQL answered a statement with. */
  noteError(code: string | undefined): void {
    if (!isOutOfSpace(code) && !isReadOnly(code)) return;
    this.failedWriteAt = performance.now();
    this.failedWrite = isReadOnly(code) ? 'the database is read-only' : 'the database has no space left';
  }

  /** Why this server should get no requests now, as far as its own connections show it. */
  get trouble(): string | undefined {
    const now = performance.now();
    const waitedMs = Math.max(0, ...[...this.connections].map((connection) => connection.waitingFor(now)));
    if (waitedMs > this.slowMs) return `the database has not answered a statement for ${Math.floor(waitedMs / 1000)} s`;
    if (now - this.unansweredAt < REPORT_MS) return 'the database did not answer a statement in time';
    if (now - this.failedWriteAt < REPORT_MS) return `writes fail: ${this.failedWrite}`;
    return undefined;
  }

  /** Ends all connections at once and refuses new ones, so that whatever waits for the database fails now. */
  close(): void {
    this.closed = true;
    for (const connection of this.connections) connection.abandon('The server stops.');
  }
}
