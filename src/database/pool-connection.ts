import pg from 'pg';
import { wireOf, type Wire } from './library-internals.js';
import type { PoolMonitor } from './pool-monitor.js';
import { UnansweredError } from './sql-errors.js';

/** Time that PostgreSQL may take to close a connection after its Terminate message. */
const END_TIMEOUT_MS = 2_000;

/** Options of the pool, which pg passes to each connection. */
export interface PoolConnectionOptions extends pg.ClientConfig {
  readonly monitor: PoolMonitor;
  /** Longer than PostgreSQL's own statement timeout. */
  readonly answerTimeoutMs: number;
  /** False behind a pooler that does not keep named statements: then all statements are sent without a name. */
  readonly namedStatements: boolean;
}

/**
 * A connection of the server's pool. A network may drop a connection silently, out of reach of PostgreSQL's timeouts: an unanswered
 * statement ends the connection and fails all statements on it (decision 0028).
 */
export class PoolConnection extends pg.Client {
  /** Send times of the statements in flight; PostgreSQL responds in their order. */
  private readonly sentAt: number[] = [];
  private readonly monitor: PoolMonitor;
  private readonly answerTimeoutMs: number;
  private readonly namedStatements: boolean;
  private timer: NodeJS.Timeout | undefined;
  private isEnding = false;

  constructor(options: PoolConnectionOptions) {
    super(options);
    this.monitor = options.monitor;
    this.answerTimeoutMs = options.answerTimeoutMs;
    this.namedStatements = options.namedStatements;
    // A broken connection fails its statements; an 'error' event without a listener would end the process.
    this.on('error', () => undefined);
    this.wire.on('readyForQuery', () => this.sentAt.shift());
    this.wire.on('errorMessage', ({ code }: { code?: string }) => {
      this.monitor.noteError(code);
    });
    this.wire.once('end', () => {
      this.isEnding = true;
      this.sentAt.length = 0;
      clearTimeout(this.timer);
      this.monitor.remove(this);
    });
    this.monitor.add(this);
  }

  /** Returns the age of the oldest statement in flight in ms. */
  waitingFor(now: number): number {
    return now - (this.sentAt[0] ?? now);
  }

  /** Ends the connection immediately. The pool does not use it again. */
  abandon(reason: string): void {
    void (this.end() as Promise<void>);
    this.wire.stream.destroy(new UnansweredError(reason));
  }

  // `never` is assignable to the return type of every overload.
  override connect(...args: unknown[]): never {
    if (this.monitor.isClosed) {
      const [callback] = args as [(error: Error) => void];
      process.nextTick(callback, new UnansweredError('The server is stopping.'));
      return undefined as never;
    }
    return super.connect(...(args as [])) as never;
  }

  override query(statement: unknown, ...rest: unknown[]): never {
    const sent = this.namedStatements ? statement : withoutName(statement);
    const result = super.query(sent as string, ...(rest as [])) as unknown;
    if (!this.isEnding) {
      this.sentAt.push(performance.now());
      this.timer ??= this.checkIn(this.answerTimeoutMs);
    }
    return result as never;
  }

  override end(...args: unknown[]): never {
    if (!this.isEnding) {
      this.isEnding = true;
      setTimeout(() => this.wire.stream.destroy(), END_TIMEOUT_MS).unref();
    }
    return super.end(...(args as [])) as never;
  }

  private get wire(): Wire {
    return wireOf(this);
  }

  private checkIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.timer = undefined;
      const leftMs = this.leftMs;
      if (leftMs === undefined) return;
      if (leftMs > 0) this.timer = this.checkIn(leftMs);
      else setImmediate(() => this.checkAgain());
    }, ms).unref();
  }

  /** Checks after a turn of the event loop, in which the process reads responses that arrived while it was blocked. */
  private checkAgain(): void {
    const leftMs = this.leftMs;
    if (leftMs === undefined || this.isEnding) return;
    if (leftMs > 0) this.timer ??= this.checkIn(leftMs);
    else {
      this.monitor.noteUnanswered();
      this.abandon(`The database did not answer a statement within ${this.answerTimeoutMs} ms.`);
    }
  }

  /** Milliseconds until the oldest statement in flight is overdue. */
  private get leftMs(): number | undefined {
    const [oldest] = this.sentAt;
    return oldest === undefined ? undefined : oldest + this.answerTimeoutMs - performance.now();
  }
}

function withoutName(statement: unknown): unknown {
  return typeof statement === 'object' ? { ...statement, name: undefined } : statement;
}
