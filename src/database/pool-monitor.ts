import { isOutOfSpace, isReadOnly } from './sql-errors.js';

/** Time for which a failure counts; a lasting fault causes the next failure within it. */
const REPORT_MS = 5_000;

/** A connection of the pool, as its monitor uses it. */
interface MonitoredConnection {
  /** Returns the age of the oldest statement in flight in ms. */
  waitingFor(now: number): number;
  abandon(reason: string): void;
}

/** State of the pool's connections, for readiness and shutdown. */
export class PoolMonitor {
  private readonly connections = new Set<MonitoredConnection>();
  private unansweredAt = -Infinity;
  private failedWriteAt = -Infinity;
  private failedWrite = '';
  private closed = false;

  /** `slowMs` is longer than any statement of a healthy database. */
  constructor(private readonly slowMs: number) {}

  /** Whether connections can no longer be opened or used. */
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

  /** Records an error response of PostgreSQL. */
  noteError(code: string | undefined): void {
    if (!isOutOfSpace(code) && !isReadOnly(code)) return;
    this.failedWriteAt = performance.now();
    this.failedWrite = isReadOnly(code) ? 'the database is read-only' : 'the database has no space left';
  }

  /** The reason why this server should not receive requests, judging by its own connections. */
  get trouble(): string | undefined {
    const now = performance.now();
    const waitedMs = Math.max(0, ...[...this.connections].map((connection) => connection.waitingFor(now)));
    if (waitedMs > this.slowMs) return `the database has not answered a statement for ${Math.floor(waitedMs / 1000)} s`;
    if (now - this.unansweredAt < REPORT_MS) return 'the database did not answer a statement in time';
    if (now - this.failedWriteAt < REPORT_MS) return `writes fail: ${this.failedWrite}`;
    return undefined;
  }

  /** Ends all connections and refuses new ones, so that everything that waits for the database fails immediately. */
  close(): void {
    this.closed = true;
    for (const connection of this.connections) connection.abandon('The server is stopping.');
  }
}
