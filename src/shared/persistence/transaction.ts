import type { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import { Outbox } from '../messaging/outbox.js';
import { isConnectionLoss, isSessionEnd } from '../../database/sql-errors.js';
import { OutcomeUnknownError } from '../../database/database.errors.js';
import type { TenantScope } from '../tenant-scope.js';
import type { Statement, TenantConnection } from './tenant-connection.js';

const logger = new Logger('Transaction');

/** Work in a transaction. */
export type Work<T> = (transaction: Transaction) => Promise<T>;

/** Transaction in which code runs, and the operation of the outermost command around the code. */
export interface TransactionContext {
  readonly transaction: Transaction;
  readonly operation?: string;
}

/** Open transaction of a tenant. Writes are awaited with the commit, so that the last writes and COMMIT share a round trip. */
export class Transaction {
  readonly events: IntegrationEvent[] = [];
  private open = true;
  /** Number of steps in progress within which work is not the last of the transaction. */
  private steps = 0;
  private committed: Promise<void> | undefined;
  private ended = false;
  private readonly endings: (() => void)[] = [];

  readonly tenantId: string;
  /** Partner whose rows alone the transaction reaches; undefined: all rows of the tenant. */
  readonly partnerId: string | undefined;

  constructor(
    scope: TenantScope,
    private readonly connection: TenantConnection,
    private readonly context: AsyncLocalStorage<TransactionContext>,
    private readonly isReadOnly = false,
  ) {
    this.tenantId = scope.tenantId;
    this.partnerId = scope.partnerId;
  }

  /**
   * Runs a command's work: the events that it records name its operation, or that of the command around it. Commands that run at once in one
   * transaction each keep their own.
   */
  inOperation<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.operation === undefined ? this.context.run({ transaction: this, operation }, work) : work();
  }

  async query<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    this.assertOpen();
    return (await this.connection.query<Row>(statement)).rows;
  }

  /**
   * Sends a statement after which the work sends no other, so that COMMIT shares its round trip; see `finish`. Its effect must therefore
   * stand whatever it returns.
   */
  async queryLast<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    const rows = this.query<Row>(statement);
    this.finish();
    return rows;
  }

  /** Sends COMMIT together with what was sent before, unless an idempotency key or a unit of work around the work follows. */
  finish(): void {
    if (this.steps === 0 && !this.isReadOnly) void this.commit();
  }

  /** Runs work after which the transaction goes on. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.steps++;
    try {
      return await work();
    } finally {
      this.steps--;
    }
  }

  /** Runs work of a nested unit of work, whose writes have succeeded when it ends. */
  async join<T>({ tenantId, partnerId }: TenantScope, work: Work<T>): Promise<T> {
    if (tenantId !== this.tenantId)
      throw new TypeError('A unit of work was joined by a tenant that it was not begun for.');
    // Work for the whole tenant is kept to the partner of the transaction, but not the other way round.
    if (partnerId !== undefined && partnerId !== this.partnerId)
      throw new TypeError('A unit of work was joined by a partner that it was not begun for.');
    const result = await this.step(() => work(this));
    await this.flush();
    return result;
  }

  /** Stores the events and commits, once. Throws OutcomeUnknownError if the connection breaks meanwhile. */
  commit(): Promise<void> {
    if (this.committed) return this.committed;
    if (this.events.length > 0) this.write(Outbox.append(this.events));
    this.committed = this.sendCommit();
    this.committed.catch(() => undefined);
    return this.committed;
  }

  /** Tells whether COMMIT ended the transaction, once it is answered, also with ROLLBACK; false if it was not sent. */
  async isEnded(): Promise<boolean> {
    await this.committed?.catch(() => undefined);
    return this.ended;
  }

  /** Returns the error that failed the transaction. With COMMIT sent, a lost connection leaves its outcome unknown. */
  async failure(error: unknown): Promise<unknown> {
    const cause = await this.connection.rootCause(error);
    const isUnknown = this.committed !== undefined && isConnectionLoss(cause) && !isSessionEnd(cause);
    return isUnknown ? new OutcomeUnknownError(cause) : cause;
  }

  /** Sends a write, whose failure fails the unit of work. `onError` maps the failure to a domain error. */
  write(statement: Statement, onError = (error: unknown) => error): void {
    this.assertOpen();
    this.connection.write(statement, onError);
  }

  /** Records an event, which is stored with the commit and published after it. */
  record(event: IntegrationEvent): void {
    this.assertOpen();
    if (this.isReadOnly) throw new Error('An event was recorded in a transaction that only reads.');
    if (event.tenantId !== this.tenantId) throw new TypeError('An event of another tenant was recorded.');
    const { operation } = this;
    if (operation !== undefined) event.metadata.operation = operation;
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

  /** Checks the command tag: after a failed statement COMMIT does not fail but returns ROLLBACK. */
  private async sendCommit(): Promise<void> {
    const commandTag = await this.connection.commit().catch((error: unknown) => {
      throw isConnectionLoss(error) ? new OutcomeUnknownError(error) : error;
    });
    this.ended = true;
    await this.connection.flush();
    if (commandTag !== 'COMMIT') throw new Error(`COMMIT was answered with ${commandTag}.`);
  }

  private get operation(): string | undefined {
    return this.context.getStore()?.operation;
  }

  private assertOpen(): void {
    if (this.committed) throw new Error('COMMIT was sent: nothing may follow it.');
    if (!this.open) throw new Error('The transaction is over: something in it was not awaited.');
  }
}
