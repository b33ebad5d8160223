import type { PoolClient, QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';
import { isAftermath } from '../../database/sql-errors.js';
import type { IntegrationEvent } from './integration-event.js';

/** A statement with its parameters; with a `name` PostgreSQL keeps its plan for the life of the connection. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}

/** Asks the unit of work to roll back and do the whole work once more, as when a random key was already taken. */
export class RunAgain extends Error {}

/**
 * One open transaction of one tenant. Statements go out at once, without waiting for each other; what is written is
 * awaited with the commit, so that the last writes and COMMIT share a round trip.
 */
export class Transaction {
  readonly events: IntegrationEvent[] = [];
  private readonly writes: Promise<unknown>[] = [];
  private open = true;

  constructor(
    readonly tenantId: string,
    /** TypeORM on this transaction's connection. */
    readonly manager: EntityManager,
    private readonly client: PoolClient,
  ) {}

  async query<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    this.assertOpen();
    return (await this.client.query<Row>(statement)).rows;
  }

  /** Sends a write. Its failure fails the unit of work; `onError` may turn the failure into a better one. */
  write(statement: Statement, onError: (error: unknown) => unknown = (error) => error): void {
    this.assertOpen();
    const written = this.client.query(statement).catch((error: unknown) => {
      throw onError(error);
    });
    written.catch(() => undefined);
    this.writes.push(written);
  }

  /** Tells the world of a change once it is committed, and the log for ever. */
  record(event: IntegrationEvent): void {
    this.assertOpen();
    if (event.tenantId !== this.tenantId) throw new TypeError('An event of another tenant was recorded.');
    this.events.push(event);
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

  close(): void {
    this.open = false;
  }

  private async firstFailure(): Promise<PromiseRejectedResult | undefined> {
    const settled = await Promise.allSettled(this.writes);
    return settled.find((outcome) => outcome.status === 'rejected' && !isAftermath(outcome.reason)) as
      PromiseRejectedResult | undefined;
  }

  private assertOpen(): void {
    if (!this.open) throw new Error('The transaction is over: something in it was not awaited.');
  }
}
