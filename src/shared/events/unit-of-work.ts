import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { databaseProblem, OutcomeUnknownError } from '../../database/database.errors.js';
import { isConnectionLoss, isTransient } from '../../database/sql-errors.js';
import { assertTenantId } from '../tenancy/tenant-id.js';
import { Idempotency } from './idempotency.js';
import { Outbox } from './outbox.js';
import type { TenantCommand } from './tenant-command.js';
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
  private readonly current = new AsyncLocalStorage<Transaction>();

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
      if (claim) this.idempotency.keep(transaction, claim, result);
      return result;
    });
  }

  async run<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    assertTenantId(tenantId);
    const outer = this.current.getStore();
    return outer ? join(outer, tenantId, work) : this.runOutermost(tenantId, work);
  }

  private async runOutermost<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, events } = await this.attempt(tenantId, work);
        this.eventBus.publishAll(events);
        return result;
      } catch (error) {
        const again = isTransient(error) || error instanceof RunAgain;
        if (!again || attempt === MAX_ATTEMPTS) throw databaseProblem(error);
      }
    }
  }

  private async attempt<T>(tenantId: string, work: (transaction: Transaction) => Promise<T>) {
    const runner = this.dataSource.createQueryRunner();
    let broken: Error | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      const transaction = new Transaction(tenantId, runner.manager, client);
      // One simple-protocol message, not awaited: it travels with the first statement of the work.
      const begun = client.query(`BEGIN; SET LOCAL app.tenant_id = '${tenantId}'`);
      begun.catch(() => undefined);
      // TypeORM did not begin it itself and would otherwise refuse to lock rows.
      Object.assign(runner, { isTransactionActive: true });
      try {
        const result = await this.current.run(transaction, () => work(transaction));
        await begun;
        await commit(client, transaction);
        return { result, events: transaction.events };
      } catch (error) {
        broken = await rollBack(client);
        throw await transaction.rootCause(error);
      } finally {
        transaction.close();
      }
    } finally {
      await release(runner, broken);
    }
  }
}

async function join<T>(
  outer: Transaction,
  tenantId: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  if (outer.tenantId !== tenantId)
    throw new TypeError('A unit of work belongs to one tenant and was joined by another.');
  const result = await work(outer);
  await outer.flush();
  return result;
}

/** After a failed statement COMMIT does not fail: it answers ROLLBACK. */
async function commit(client: PoolClient, transaction: Transaction): Promise<void> {
  if (transaction.events.length > 0) transaction.write(Outbox.append(transaction.events));
  const answer = await client.query('COMMIT').catch((error: unknown) => {
    throw isConnectionLoss(error) ? new OutcomeUnknownError(error) : error;
  });
  await transaction.flush();
  if (answer.command !== 'COMMIT') throw new Error(`COMMIT was answered with ${answer.command}.`);
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
