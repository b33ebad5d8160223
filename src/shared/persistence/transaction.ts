import { Logger } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import type { Statement, TenantConnection } from './tenant-connection.js';

/** Makes the unit of work roll back and repeat the whole work, as when a random key already exists. */
export class RetryTransaction extends Error {}

const logger = new Logger('Transaction');

/** Open transaction of a tenant. Writes are awaited with the commit, so that the last writes and COMMIT share a round trip. */
export class Transaction {
  readonly events: IntegrationEvent[] = [];
  /** Operation of the outermost command that runs; events recorded meanwhile name it. */
  private operation: string | undefined;
  private open = true;
  private readonly endings: (() => void)[] = [];

  constructor(
    readonly tenantId: string,
    private readonly connection: TenantConnection,
    /** TypeORM on the connection of this transaction. */
    readonly manager: EntityManager,
    private readonly isReadOnly = false,
  ) {}

  /** Runs a command's work: the events that it records name its operation, or that of the command around it. */
  async inOperation<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.operation !== undefined) return work();
    this.operation = operation;
    try {
      return await work();
    } finally {
      this.operation = undefined;
    }
  }

  async query<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    this.assertOpen();
    return (await this.connection.query<Row>(statement)).rows;
  }

  /** Sends a write, whose failure fails the unit of work. `onError` maps the failure to a domain error. */
  write(statement: Statement, onError: (error: unknown) => unknown = identity): void {
    this.assertOpen();
    this.connection.write(statement, onError);
  }

  /** Records an event, which is stored with the commit and published after it. */
  record(event: IntegrationEvent): void {
    this.assertOpen();
    if (this.isReadOnly) throw new Error('An event was recorded in a transaction that only reads.');
    if (event.tenantId !== this.tenantId) throw new TypeError('An event of another tenant was recorded.');
    if (this.operation !== undefined) event.metadata.operation = this.operation;
    this.events.push(event);
  }

  /** Waits for the writes sent so far and throws the first failure. */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  /** Registers synchronous work to run after commit or rollback. */
  whenEnded(work: () => void): void {
    this.assertOpen();
    this.endings.push(work);
  }

  /** Runs the work registered by `whenEnded`. A failure is logged: the transaction has its outcome, and the other work must run. */
  close(): void {
    this.open = false;
    for (const work of this.endings) {
      try {
        work();
      } catch (error) {
        logger.error(`Failed to run work after the end of a transaction: ${String(error)}`);
      }
    }
  }

  private assertOpen(): void {
    if (!this.open) throw new Error('The transaction is over: something in it was not awaited.');
  }
}

function identity(error: unknown): unknown {
  return error;
}
