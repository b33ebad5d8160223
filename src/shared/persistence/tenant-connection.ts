import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { wireOf } from '../../database/library-internals.js';
import { isTransactionAborted } from '../../database/sql-errors.js';

/** A statement with its parameters; with a `name` PostgreSQL keeps its plan for the life of the connection. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}

/** How a transaction is begun. */
export type TransactionMode = 'READ WRITE' | 'READ ONLY' | 'ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** A connection in an open transaction of one tenant. Statements go out at once, without waiting for each other. */
export class TenantConnection {
  private readonly writes: Promise<unknown>[] = [];
  /** Settles when the transaction is begun. */
  readonly started: Promise<unknown>;
  private gathering = false;

  /**
   * Begins the transaction. Not awaited: it travels with the first statement of the work. `tenantId` is written into the
   * statement, so it must have been asserted to be one.
   */
  constructor(
    private readonly client: PoolClient,
    mode: TransactionMode,
    tenantId: string,
  ) {
    this.started = this.query({ text: beginning(mode, tenantId), values: [] });
    this.started.catch(() => undefined);
  }

  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    this.corkWrites();
    return statement.values.length === 0 && statement.name === undefined
      ? this.client.query<Row>(statement.text)
      : this.client.query<Row>(statement);
  }

  /** The answer of PostgreSQL, which may be ROLLBACK; what was sent before has been done by then. */
  async commit(): Promise<string> {
    return (await this.query({ text: 'COMMIT', values: [] })).command;
  }

  /** Sends a write, to be awaited by `flush`. `onError` may turn its failure into a better one. */
  write(statement: Statement, onError: (error: unknown) => unknown): void {
    const written = this.query(statement).catch((error: unknown) => {
      throw onError(error);
    });
    written.catch(() => undefined);
    this.writes.push(written);
  }

  /** Waits for the writes so far and throws the first failure. */
  async flush(): Promise<void> {
    const failure = await this.firstFailure();
    if (failure) throw failure.reason;
  }

  /** The error that made the transaction fail, where `error` may only be its aftermath. */
  async rootCause(error: unknown): Promise<unknown> {
    const unbegun = await this.started.then(
      () => undefined,
      (failure: unknown) => ({ failure }),
    );
    // Statements behind it ran without a transaction and without a tenant, so none of their results may be believed.
    if (unbegun) return unbegun.failure;
    if (!isTransactionAborted(error)) return error;
    const failure = await this.firstFailure();
    return failure ? failure.reason : error;
  }

  /** What is sent in one turn leaves in one write: pg would make one for each statement, and that is most of their cost. */
  private corkWrites(): void {
    if (this.gathering) return;
    const { stream } = wireOf(this.client);
    this.gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.gathering = false;
      stream.uncork();
    });
  }

  private async firstFailure(): Promise<PromiseRejectedResult | undefined> {
    const settled = await Promise.allSettled(this.writes);
    return settled.find((outcome) => outcome.status === 'rejected' && !isTransactionAborted(outcome.reason)) as
      PromiseRejectedResult | undefined;
  }
}

/**
 * Statements that begin the transaction, in one message of the simple protocol. What was sent behind them must not run where they
 * fail, as BEGIN READ WRITE does on a standby: so an error in them ends the session, and from then on only the transaction.
 */
function beginning(mode: TransactionMode, tenantId: string): string {
  const begin = `BEGIN ${mode}`;
  const tenant = `SET LOCAL app.tenant_id = '${tenantId}'`;
  return ['SET LOCAL exit_on_error = on', begin, 'SET LOCAL exit_on_error = off', tenant].join('; ');
}
