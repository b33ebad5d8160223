import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { wireOf } from '../../database/library-internals.js';
import { isTransactionAborted } from '../../database/sql-errors.js';
import type { TenantScope } from '../tenant-scope.js';

/** SQL statement with its parameters. With a `name` it is prepared once per connection. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}

/** Mode of BEGIN. */
export type TransactionMode = 'READ WRITE' | 'READ ONLY' | 'ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Connection in an open transaction of one tenant. Statements are sent at once, without waiting for earlier results. */
export class TenantConnection {
  private readonly writes: Promise<unknown>[] = [];
  /** Settles when BEGIN has succeeded or failed. */
  readonly started: Promise<unknown>;
  private gathering = false;

  /**
   * Begins the transaction without waiting, so that BEGIN shares a packet with the first statement. The text of the statement contains
   * the ids of the scope, so callers must have checked them with `assertTenantId` and `assertPartnerId`.
   */
  constructor(
    private readonly client: PoolClient,
    mode: TransactionMode,
    scope: TenantScope,
  ) {
    this.started = this.query({ text: beginStatements(mode, scope), values: [] });
    this.started.catch(() => undefined);
  }

  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    this.corkWrites();
    return statement.values.length === 0 && statement.name === undefined
      ? this.client.query<Row>(statement.text)
      : this.client.query<Row>(statement);
  }

  /** Returns the command tag of PostgreSQL, which is ROLLBACK after a failed statement. All earlier statements have ended by then. */
  async commit(): Promise<string> {
    return (await this.query({ text: 'COMMIT', values: [] })).command;
  }

  /** Sends a write, which `flush` awaits. `onError` maps its failure to a domain error. */
  write(statement: Statement, onError: (error: unknown) => unknown): void {
    const written = this.query(statement).catch((error: unknown) => {
      throw onError(error);
    });
    written.catch(() => undefined);
    this.writes.push(written);
  }

  /** Waits for the writes sent so far and throws the first failure. */
  async flush(): Promise<void> {
    const failure = await this.firstFailure();
    if (failure) throw failure.reason;
  }

  /** Returns the error that made the transaction fail; `error` itself may only be a consequence of it. */
  async rootCause(error: unknown): Promise<unknown> {
    const beginFailure = await this.started.then(
      () => undefined,
      (failure: unknown) => ({ failure }),
    );
    // The statements after a failed BEGIN ran without transaction and tenant, so their results are invalid.
    if (beginFailure) return beginFailure.failure;
    if (!isTransactionAborted(error)) return error;
    const failure = await this.firstFailure();
    return failure ? failure.reason : error;
  }

  /** Sends the statements of one turn of the event loop in one socket write. pg writes once per statement, which is most of their cost. */
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
      | PromiseRejectedResult
      | undefined;
  }
}

/**
 * Returns the statements that begin the transaction, for one simple-protocol message. If they fail, as BEGIN READ WRITE does on a standby,
 * `exit_on_error` ends the session, because statements already sent would otherwise run outside of the transaction.
 */
function beginStatements(mode: TransactionMode, { tenantId, partnerId }: TenantScope): string {
  const begin = `BEGIN ${mode}`;
  const tenant = `SET LOCAL app.tenant_id = '${tenantId}'`;
  const settings = partnerId === undefined ? [tenant] : [tenant, `SET LOCAL app.partner_id = '${partnerId}'`];
  return ['SET LOCAL exit_on_error = on', begin, 'SET LOCAL exit_on_error = off', ...settings].join('; ');
}
