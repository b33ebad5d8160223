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

  constructor(
    private readonly client: PoolClient,
    /** The tenant that the transaction began with. */
    private sentFor: string,
  ) {}

  /** `tenantId` is written into the statement, so it must have been asserted to be one. */
  send<Row extends QueryResultRow>(tenantId: string, statement: Statement): Promise<QueryResult<Row>> {
    if (tenantId !== this.sentFor) {
      this.client.query(`SET LOCAL app.tenant_id = '${tenantId}'`).catch(() => undefined);
      this.sentFor = tenantId;
    }
    return this.client.query<Row>(statement);
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

  private async firstFailure(): Promise<PromiseRejectedResult | undefined> {
    const settled = await Promise.allSettled(this.writes);
    return settled.find((outcome) => outcome.status === 'rejected' && !isAftermath(outcome.reason)) as
      PromiseRejectedResult | undefined;
  }
}
