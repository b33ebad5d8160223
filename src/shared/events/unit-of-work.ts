import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import {
  DataSource,
  type EntityManager,
  type EntityMetadata,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { databaseProblem, OutcomeUnknownError } from '../../database/database.errors.js';
import { isConnectionLoss, isTransient } from '../../database/sql-errors.js';
import { assertTenantId } from '../tenancy/tenant-id.js';
import { Idempotency } from './idempotency.js';
import type { IntegrationEvent } from './integration-event.js';
import { Outbox } from './outbox.js';
import type { TenantCommand } from './tenant-command.js';
import { TenantConnection } from './tenant-connection.js';
import { RunAgain, Transaction } from './transaction.js';

const MAX_ATTEMPTS = 5;

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
  private readonly current = new AsyncLocalStorage<Transactions>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly eventBus: EventBus,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Runs the work of a command for its tenant. With an idempotency key it is done once: the claim travels with BEGIN, the
   * result with COMMIT, and whoever sends the same command again gets that result.
   */
  perform<Result>(
    command: TenantCommand<Result>,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    const claim = this.idempotency.claimOf(command, command.constructor.name);
    return this.run(command.actor.tenantId, async (transaction) => {
      const earlier = claim && (await this.idempotency.take(transaction, claim));
      if (earlier) {
        command.options.onReplay?.();
        return earlier.result as Result;
      }
      const result = await work(transaction);
      if (claim) this.idempotency.keepAll(transaction, [{ claim, result }]);
      return result;
    });
  }

  async run<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const outer = this.current.getStore();
    if (outer) return join(outer.of(tenantId), work);
    return this.runForAll([tenantId], (transactions) => work(transactions.of(tenantId)));
  }

  /**
   * One transaction for several tenants, each behind its own wall: row-level security is that of the tenant whose
   * statement goes out. It cannot be part of another.
   */
  async runForAll<T>(tenantIds: readonly string[], work: (transactions: Transactions) => Promise<T>): Promise<T> {
    if (this.isOpen) throw new Error('A transaction of several tenants cannot be part of another.');
    tenantIds.forEach(assertTenantId);
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, events } = await this.attempt(tenantIds, work);
        this.eventBus.publishAll(events);
        return result;
      } catch (error) {
        const again = isTransient(error) || error instanceof RunAgain;
        if (!again || attempt === MAX_ATTEMPTS) throw databaseProblem(error);
      }
    }
  }

  /** How TypeORM maps an entity. */
  metadata<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): EntityMetadata {
    return this.dataSource.getMetadata(entity);
  }

  /** Whether the caller is inside a unit of work. */
  get isOpen(): boolean {
    return this.current.getStore() !== undefined;
  }

  private async attempt<T>(tenantIds: readonly string[], work: (transactions: Transactions) => Promise<T>) {
    const runner = this.dataSource.createQueryRunner();
    let broken: Error | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      const [first = ''] = tenantIds;
      const connection = new TenantConnection(client, first);
      const transactions = new Transactions(tenantIds, connection, tenantIds.length === 1 ? runner.manager : undefined);
      // TypeORM did not begin it itself and would otherwise refuse to lock rows.
      Object.assign(runner, { isTransactionActive: true });
      try {
        const result = await this.current.run(transactions, () => work(transactions));
        await connection.begun;
        const events = transactions.events;
        if (events.length > 0) transactions.of(first).write(Outbox.append(events));
        await commit(connection);
        return { result, events };
      } catch (error) {
        broken = await rollBack(client);
        throw await connection.rootCause(error);
      } finally {
        transactions.close();
      }
    } finally {
      await release(runner, broken);
    }
  }
}

/** The parts of the tenants in one transaction. */
export class Transactions {
  private readonly parts: ReadonlyMap<string, Transaction>;

  constructor(tenantIds: readonly string[], connection: TenantConnection, manager: EntityManager | undefined) {
    this.parts = new Map(tenantIds.map((tenantId) => [tenantId, new Transaction(tenantId, connection, manager)]));
  }

  of(tenantId: string): Transaction {
    assertTenantId(tenantId);
    const part = this.parts.get(tenantId);
    if (!part) throw new TypeError('A unit of work was joined by a tenant that it was not begun for.');
    return part;
  }

  get events(): IntegrationEvent[] {
    return [...this.parts.values()].flatMap(({ events }) => events);
  }

  close(): void {
    for (const part of this.parts.values()) part.close();
  }
}

async function join<T>(outer: Transaction, work: (transaction: Transaction) => Promise<T>): Promise<T> {
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
