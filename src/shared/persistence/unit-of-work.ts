import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import type { QueryResultRow } from 'pg';
import { DataSource, type EntityMetadata, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { OutcomeUnknownError } from '../../database/database.errors.js';
import { poolOf } from '../../database/library-internals.js';
import { isConnectionLoss } from '../../database/sql-errors.js';
import { withRetries } from '../../database/with-retries.js';
import { DatabaseClock } from '../time/database-clock.js';
import { assertScope, scopeOf, type TenantScope } from '../tenant-scope.js';
import { Idempotency } from './idempotency.js';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import { operationOf, type TenantCommand } from '../messaging/tenant-command.js';
import { runTransaction } from './run-transaction.js';
import type { TransactionMode, Statement } from './tenant-connection.js';
import type { Transaction, TransactionContext, Work } from './transaction.js';

/**
 * Begins every tenant transaction. `run` commits its work and the events recorded in it atomically, then publishes the events. A nested
 * `run` joins the transaction and must name its tenant. Work is repeated after 40001 or 40P01, so it must have no effects outside of it.
 */
@Injectable()
export class UnitOfWork {
  private readonly current = new AsyncLocalStorage<TransactionContext>();
  private ambient = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly eventBus: EventBus,
    private readonly idempotency: Idempotency,
    readonly databaseClock: DatabaseClock,
  ) {}

  /**
   * Runs the work of a command. With an idempotency key the claim is sent with BEGIN, the result is stored with COMMIT, and a repeated
   * command gets the stored result; `restore` completes it where a part of it is stored elsewhere.
   */
  perform<Result>(
    command: TenantCommand<Result>,
    work: Work<Result>,
    restore: (stored: unknown) => Promise<Result> = (stored) => Promise.resolve(stored as Result),
  ): Promise<Result> {
    return this.run(command.actor, (transaction) =>
      transaction.inOperation(operationOf(command), () =>
        this.idempotency.performOnce(transaction, command, work, restore),
      ),
    );
  }

  run<T>(scope: string | TenantScope, work: Work<T>): Promise<T> {
    return this.joinOrBegin('READ WRITE', scope, work);
  }

  /** Runs work in a READ ONLY transaction, whose result is returned without waiting for COMMIT. */
  read<T>(scope: string | TenantScope, work: Work<T>): Promise<T> {
    return this.joinOrBegin('READ ONLY', scope, work);
  }

  /** Runs work that reads for an actor. That of a partner is one unit of work; the reads of others may share statements. */
  readAs<T>(actor: TenantScope, work: () => Promise<T>): Promise<T> {
    return actor.partnerId === undefined ? work() : this.read(actor, work);
  }

  /** Runs work whose statements all see one database snapshot. Throws inside another unit of work, whose snapshot may differ. */
  async readRepeatable<T>(tenantId: string, work: Work<T>): Promise<T> {
    if (this.isOpen) throw new Error('A snapshot cannot begin within an open transaction.');
    return this.joinOrBegin('ISOLATION LEVEL REPEATABLE READ READ ONLY', tenantId, work);
  }

  /** Runs a standalone statement, which sets each row's tenant itself (SET_TENANT_OF_ROW) and stores the events that `eventsOf` derives. */
  async executeStandalone<Row extends QueryResultRow>(
    statement: Statement,
    eventsOf: (rows: readonly Row[]) => readonly IntegrationEvent[] = () => [],
  ): Promise<Row[]> {
    const rows = await this.send<Row>(statement, (lost) => new OutcomeUnknownError(lost));
    this.eventBus.publishAll([...eventsOf(rows)]);
    return rows;
  }

  /** Runs a standalone statement that changes nothing, so that a lost connection leaves no unknown outcome. */
  queryStandalone<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    return this.send<Row>(statement, (lost) => lost);
  }

  /** TypeORM mapping of an entity. */
  metadata<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): EntityMetadata {
    return this.dataSource.getMetadata(entity);
  }

  /** True inside a unit of work. */
  get isOpen(): boolean {
    return this.current.getStore() !== undefined;
  }

  /** Partner whose rows alone the open unit of work reaches. */
  get partnerId(): string | undefined {
    return this.current.getStore()?.transaction.partnerId;
  }

  /** Runs `work` after commit or rollback of the current unit of work, or at once outside of one. For in-process state. */
  whenEnded(work: () => void): void {
    if (this.isOpen) this.current.getStore()?.transaction.whenEnded(work);
    else work();
  }

  private async joinOrBegin<T>(mode: TransactionMode, of: string | TenantScope, work: Work<T>): Promise<T> {
    const [scope, outer] = [scopeOf(of), this.current.getStore()?.transaction];
    if (outer) return outer.join(scope, work);
    assertScope(scope);
    const run = (transaction: Transaction) => this.runWithContext(transaction, work);
    const begin = () => runTransaction(poolOf(this.dataSource), mode, scope, this.current, run);
    const { result, events } = await withRetries(begin);
    this.eventBus.publishAll(events);
    return result;
  }

  /** Throws `onLoss(error)` if the connection breaks after the statement was sent. */
  private async send<Row extends QueryResultRow>(
    statement: Statement,
    onLoss: (error: unknown) => unknown,
  ): Promise<Row[]> {
    if (this.isOpen) throw new Error('A standalone statement cannot be part of an open unit of work.');
    return withRetries(async () => {
      const client = await poolOf(this.dataSource).connect();
      let broken: Error | undefined;
      try {
        return (await client.query<Row>(statement)).rows;
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
        broken = error as Error;
        throw onLoss(error);
      } finally {
        client.release(broken);
      }
    });
  }

  private async runWithContext<T>(transaction: Transaction, work: Work<T>): Promise<T> {
    this.ambient++;
    try {
      return await this.current.run({ transaction }, () => work(transaction));
    } finally {
      // AsyncLocalStorage makes Node track every promise of the process until it is disabled.
      if (--this.ambient === 0) this.current.disable();
    }
  }
}
