import type { QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import type { Statement, TenantConnection } from './tenant-connection.js';

/** Asks the unit of work to roll back and do the whole work once more, as when a random key was already taken. */
export class RetryTransaction extends Error {}

/** A tenant's open transaction. What is written is awaited with the commit, so that the last writes and COMMIT share a round trip. */
export class Transaction {
  readonly events: IntegrationEvent[] = [];
  /** That of the outermost command, which the caller asked for; undefined where time or an operator is the cause. */
  operation: string | undefined;
  private open = true;
  private readonly endings: (() => void)[] = [];

  constructor(
    readonly tenantId: string,
    private readonly connection: TenantConnection,
    /** TypeORM on this transaction's connection. */
    readonly manager: EntityManager,
    private readonly isReadOnly = false,
  ) {}

  async query<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    this.assertOpen();
    return (await this.connection.query<Row>(statement)).rows;
  }

  /** Sends a write. Its failure fails the unit of work; `onError` may turn the failure into a better one. */
  write(statement: Statement, onError: (error: unknown) => unknown = identity): void {
    this.assertOpen();
    this.connection.write(statement, onError);
  }

  /** Tells the world of a change once it is committed, and the log for ever. */
  record(event: IntegrationEvent): void {
    this.assertOpen();
    if (this.isReadOnly) throw new Error('An event was recorded in a transaction that only reads.');
    if (event.tenantId !== this.tenantId) throw new TypeError('An event of another tenant was recorded.');
    if (this.operation !== undefined) event.metadata.operation = this.operation;
    this.events.push(event);
  }

  /** Waits for the writes so far and throws the first failure. */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  /** Registers work without awaits for when the transaction has ended, whichever way. */
  whenEnded(work: () => void): void {
    this.assertOpen();
    this.endings.push(work);
  }

  close(): void {
    this.open = false;
    for (const work of this.endings) work();
  }

  private assertOpen(): void {
    if (!this.open) throw new Error('The transaction is over: something in it was not awaited.');
  }
}

function identity(error: unknown): unknown {
  return error;
}
