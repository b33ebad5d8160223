import pg from 'pg';
import { wireOf, type Wire } from './library-internals.js';
import type { PoolMonitor } from './pool-monitor.js';
import { UnansweredError } from './sql-errors.js';

/** How long PostgreSQL may take to close a connection that was said goodbye to. */
const END_TIMEOUT_MS = 2_000;

/** Options of the pool; pg passes them to each connection. */
export interface PoolConnectionOptions extends pg.ClientConfig {
  readonly monitor: PoolMonitor;
  /** Longer than PostgreSQL itself lets a statement run. */
  readonly answerTimeoutMs: number;
  /** False behind a pooler that does not keep them: then every statement is sent without its name. */
  readonly namedStatements: boolean;
}

/**
 * A connection of the server's pool. A network or a proxy may lose a connection without closing it, and then no limit of
 * PostgreSQL reaches us: a statement without an answer ends the connection, which fails everything that was sent over it.
 */
export class PoolConnection extends pg.Client {
  /** Times of the statements that are not answered yet; PostgreSQL answers in their order. */
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
    // The statements of a connection that breaks are told; an event that nobody listens to would end the process.
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

  /** Milliseconds since the oldest statement without an answer was sent. */
  waitingFor(now: number): number {
    return now - (this.sentAt[0] ?? now);
  }

  /** Ends the connection without waiting for anybody. It is never lent again from this moment on. */
  abandon(reason: string): void {
    void (this.end() as Promise<void>);
    this.wire.stream.destroy(new UnansweredError(reason));
  }

  // `never` fits each of the overloads that it stands for.
  override connect(...args: unknown[]): never {
    if (this.monitor.isClosed) {
      const [callback] = args as [(error: Error) => void];
      process.nextTick(callback, new UnansweredError('The server stops.'));
      return undefined as never;
    }
    return super.connect(...(args as [])) as never;
  }

  override query(statement: unknown, ...rest: unknown[]): never {
    const sent = this.namedStatements ? statement : withoutName(statement);
    const answer = super.query(sent as string, ...(rest as [])) as unknown;
    if (!this.isEnding) {
      this.sentAt.push(performance.now());
      this.timer ??= this.checkIn(this.answerTimeoutMs);
    }
    return answer as never;
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

  /** After a turn in which this process has read what came while it stood still itself. */
  private checkAgain(): void {
    const leftMs = this.leftMs;
    if (leftMs === undefined || this.isEnding) return;
    if (leftMs > 0) this.timer ??= this.checkIn(leftMs);
    else {
      this.monitor.noteUnanswered();
      this.abandon(`The database did not answer a statement within ${this.answerTimeoutMs} ms.`);
    }
  }

  /** Until the oldest statement is overdue. */
  private get leftMs(): number | undefined {
    const [oldest] = this.sentAt;
    return oldest === undefined ? undefined : oldest + this.answerTimeoutMs - performance.now();
  }
}

function withoutName(statement: unknown): unknown {
  return typeof statement === 'object' ? { ...statement, name: undefined } : statement;
}
