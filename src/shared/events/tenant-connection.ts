import type { Writable } from 'node:stream';
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { isAftermath } from '../../database/sql-errors.js';

/** A statement with its parameters; with a `name` PostgreSQL keeps its plan for the life of the connection. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}

/**
 * A connection in an open transaction. Statements go out at once, without waiting for each other; each goes out as its
 * tenant, which is set before it when the one before was another's. What is sent is done in the order of sending, so it
 * is enough to know which tenant was sent last.
 */
export class TenantConnection {
  private readonly writes: Promise<unknown>[] = [];
  /** Settles when the transaction is begun. */
  readonly begun: Promise<unknown>;
  private gathering = false;

  /** Begins the transaction, for this tenant first. Not awaited: it travels with the first statement of the work. */
  constructor(
    private readonly client: PoolClient,
    private sentFor: string,
  ) {
    // One message of the simple protocol.
    this.begun = this.query({ text: `BEGIN; SET LOCAL app.tenant_id = '${sentFor}'`, values: [] });
    this.begun.catch(() => undefined);
  }

  /** The answer of PostgreSQL, which may be ROLLBACK; what was sent before has been done by then. */
  async commit(): Promise<string> {
    return (await this.query({ text: 'COMMIT', values: [] })).command;
  }

  /** `tenantId` is written into the statement, so it must have been asserted to be one. */
  send<Row extends QueryResultRow>(tenantId: string, statement: Statement): Promise<QueryResult<Row>> {
    if (tenantId !== this.sentFor) {
      this.query({ text: `SET LOCAL app.tenant_id = '${tenantId}'`, values: [] }).catch(() => undefined);
      this.sentFor = tenantId;
    }
    return this.query<Row>(statement);
  }

  /** Sends a write, to be awaited by `flush`. `onError` may turn its failure into a better one. */
  write(tenantId: string, statement: Statement, onError: (error: unknown) => unknown): void {
    const written = this.send(tenantId, statement).catch((error: unknown) => {
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
    if (!isAftermath(error)) return error;
    const failure = await this.firstFailure();
    return failure ? failure.reason : error;
  }

  private query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    this.gather();
    return statement.values.length === 0 && statement.name === undefined
      ? this.client.query<Row>(statement.text)
      : this.client.query<Row>(statement);
  }

  /** What is sent in one turn leaves in one write: pg would make one for each statement, and that is most of their cost. */
  private gather(): void {
    if (this.gathering) return;
    const { stream } = (this.client as unknown as { connection: { stream: Writable } }).connection;
    this.gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.gathering = false;
      stream.uncork();
    });
  }

  private async firstFailure(): Promise<PromiseRejectedResult | undefined> {
    const settled = await Promise.allSettled(this.writes);
    return settled.find((outcome) => outcome.status === 'rejected' && !isAftermath(outcome.reason)) as
      PromiseRejectedResult | undefined;
  }
}
