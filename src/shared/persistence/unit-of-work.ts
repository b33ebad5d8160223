import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient, QueryResultRow } from 'pg';
import { DataSource, type EntityMetadata, type EntityTarget, type ObjectLiteral, type QueryRunner } from 'typeorm';
import { databaseProblem, OutcomeUnknownError } from '../../database/database.errors.js';
import { markTransactionActive, poolOf } from '../../database/library-internals.js';
import { isConnectionLoss, isTransient } from '../../database/sql-errors.js';
import { DatabaseClock } from '../time/database-clock.js';
import { assertTenantId } from '../tenant-id.js';
import { Idempotency } from './idempotency.js';
import type { IntegrationEvent } from '../messaging/integration-event.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { Outbox } from '../messaging/outbox.js';
import { operationOf, type TenantCommand } from '../messaging/tenant-command.js';
import { TenantConnection, type TransactionMode, type Statement } from './tenant-connection.js';
import { RetryTransaction, Transaction } from './transaction.js';

const MAX_ATTEMPTS = 5;
/** The longest pause after the first attempt; each further one may be twice as long as the one before. */
const FIRST_PAUSE_MS = 10;

/**
 * The only place that begins transactions. Everything done within `run` is committed together or not at all, under the
 * tenant's row-level security; the events recorded in it are stored with it and published when it is committed.
 *
 * A `run` inside another one joins it: so several commands can share one transaction. Only the transaction is ambient,
 * never the tenant: every call names it, and naming another one than the transaction's is an error.
 *
 * Work that lost against another transaction (40001, 40P01) is run again, so it must have no effect of its own.
 */
@Injectable()
export class UnitOfWork {
  private readonly current = new AsyncLocalStorage<Transaction>();
  private ambient = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly eventBus: EventBus,
    private readonly idempotency: Idempotency,
    readonly databaseClock: DatabaseClock,
  ) {}

  /**
   * Runs the work of a command for its tenant. With an idempotency key it is done once: the claim travels with BEGIN, the
   * result with COMMIT, and whoever sends the same command again gets that result, of which `restore` makes what it was where a
   * part is kept elsewhere.
   */
  perform<Result>(
    command: TenantCommand<Result>,
    work: (transaction: Transaction) => Promise<Result>,
    restore: (kept: unknown) => Promise<Result> = (kept) => Promise.resolve(kept as Result),
  ): Promise<Result> {
    const claim = this.idempotency.claimOf(command);
    return this.run(command.actor.tenantId, async (transaction) => {
      transaction.operation ??= operationOf(command);
      const earlier = claim && (await this.idempotency.acquire(transaction, claim));
      if (earlier) {
        command.options.onReplay?.();
        return restore(earlier.result);
      }
      const result = await work(transaction);
      if (claim) this.idempotency.storeResult(transaction, { claim, result });
      return result;
    });
  }

  run<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.joinOrBegin('READ WRITE', tenantId, work);
  }

  /** The same where nothing is changed, so that the answer does not wait for the end of the transaction. */
  read<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.joinOrBegin('READ ONLY', tenantId, work);
  }

  /** A reading whose statements all see the same moment. It cannot be part of another unit of work. */
  async readRepeatable<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.isOpen) throw new Error('What another transaction has begun to see cannot be one moment any more.');
    return this.joinOrBegin('ISOLATION LEVEL REPEATABLE READ READ ONLY', tenantId, work);
  }

  /**
   * One statement that is a transaction of its own, in one round trip, for whichever tenants: it puts up their walls itself
   * (see BEHIND_WALL) and stores the events of what it does. `happened` tells by its rows which those are. In a lane it is done
   * after those that were called there before.
   */
  async executeStandalone<Row extends QueryResultRow>(
    statement: Statement,
    eventsOf: (rows: readonly Row[]) => readonly IntegrationEvent[] = () => [],
    openPipelinedConnection = this.openPipelinedConnection(),
  ): Promise<Row[]> {
    const rows = await this.send<Row>(openPipelinedConnection, statement, (lost) => new OutcomeUnknownError(lost));
    this.eventBus.publishAll([...eventsOf(rows)]);
    return rows;
  }

  /** The same where nothing is changed. */
  queryStandalone<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    return this.send<Row>(this.openPipelinedConnection(), statement, (lost) => lost);
  }

  openPipelinedConnection(): PipelinedConnection {
    return new PipelinedConnection(poolOf(this.dataSource));
  }

  /** How TypeORM maps an entity. */
  metadata<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): EntityMetadata {
    return this.dataSource.getMetadata(entity);
  }

  /** Whether the caller is inside a unit of work. */
  get isOpen(): boolean {
    return this.current.getStore() !== undefined;
  }

  /**
   * For memory that outlives a unit of work: runs `work` when the one that the caller is in has ended, whichever way, or at once
   * outside of any.
   */
  whenEnded(work: () => void): void {
    const transaction = this.current.getStore();
    if (transaction) transaction.whenEnded(work);
    else work();
  }

  private async joinOrBegin<T>(
    mode: TransactionMode,
    tenantId: string,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const outer = this.current.getStore();
    if (outer) return join(outer, tenantId, work);
    assertTenantId(tenantId);
    const { result, events } = await withRetries(() => this.attempt(mode, tenantId, work));
    this.eventBus.publishAll(events);
    return result;
  }

  private async send<Row extends QueryResultRow>(
    openPipelinedConnection: PipelinedConnection,
    statement: Statement,
    onLoss: (error: unknown) => unknown,
  ): Promise<Row[]> {
    if (this.isOpen) throw new Error('A transaction of its own cannot be part of another.');
    return withRetries(() => openPipelinedConnection.query<Row>(statement, onLoss));
  }

  private async attempt<T>(mode: TransactionMode, tenantId: string, work: (transaction: Transaction) => Promise<T>) {
    const runner = this.dataSource.createQueryRunner();
    let broken: Error | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      const connection = new TenantConnection(client, mode, tenantId);
      const transaction = new Transaction(tenantId, connection, runner.manager, mode !== 'READ WRITE');
      markTransactionActive(runner);
      try {
        const result = await this.runWithContext(transaction, work);
        await connection.started;
        const { events } = transaction;
        if (events.length > 0) transaction.write(Outbox.append(events));
        if (mode === 'READ WRITE') await commit(connection);
        // What was read is true however this ends; whoever gets the connection next is served behind it.
        else connection.commit().catch(() => undefined);
        return { result, events };
      } catch (error) {
        broken = await rollBack(client);
        throw await connection.rootCause(error);
      } finally {
        transaction.close();
      }
    } finally {
      await release(runner, broken);
    }
  }

  private async runWithContext<T>(
    transaction: Transaction,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    this.ambient++;
    try {
      return await this.current.run(transaction, () => work(transaction));
    } finally {
      // Once it was used Node follows every promise of the process, until it is told that nobody needs it.
      if (--this.ambient === 0) this.current.disable();
    }
  }
}

/** Repeats work that lost against another transaction, or asks for it. Without a random pause the two would meet again. */
async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const again = isTransient(error) || error instanceof RetryTransaction;
      if (!again || attempts === MAX_ATTEMPTS) throw databaseProblem(error);
      await pause(FIRST_PAUSE_MS * 2 ** (attempts - 1) * (0.5 + Math.random() / 2));
    }
  }
}

async function join<T>(
  outer: Transaction,
  tenantId: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  if (outer.tenantId !== tenantId) {
    throw new TypeError('A unit of work was joined by a tenant that it was not begun for.');
  }
  const result = await work(outer);
  await outer.flush();
  return result;
}

/** After a failed statement COMMIT does not fail: it answers ROLLBACK. */
async function commit(connection: TenantConnection): Promise<void> {
  const answer = await connection.commit().catch((error: unknown) => {
    throw isConnectionLoss(error) ? new OutcomeUnknownError(error) : error;
  });
  await connection.flush();
  if (answer !== 'COMMIT') throw new Error(`COMMIT was answered with ${answer}.`);
}

/** Returns an error when the connection cannot be used again. */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  return client.query('ROLLBACK').then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}

async function release(runner: QueryRunner, broken: Error | undefined): Promise<void> {
  if (broken)
    await (
      runner as QueryRunner & { releasePostgresConnection(error: Error): Promise<void> }
    ).releasePostgresConnection(broken);
  else await runner.release();
}
