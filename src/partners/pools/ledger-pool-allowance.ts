import { Injectable, type HttpException } from '@nestjs/common';
import {
  PoolAllowance,
  type License,
  type LockedPools,
  type PoolGrant,
  type PoolRequest,
} from '../../licensing/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import {
  PartnerStateError,
  PoolExhaustedError,
  PoolExpiredError,
  PoolNotFoundError,
  PoolRequiredError,
  PoolTemplateMismatchError,
} from '../partner.errors.js';
import type { PartnerStatus } from '../partner-status.js';
import type { LicensePool } from './license-pool.entity.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { balanceOf, type PoolTotals } from './pool-entry-kind.js';
import { PoolLedger, type NewPoolEntry } from './pool-ledger.js';

/** Locked pool with the licenses that are left of it. */
interface LockedPool {
  readonly pool: LicensePool;
  readonly partnerStatus: PartnerStatus;
  available: number;
}

/** Implements the allowance of issues by the ledgers of pools. */
@Injectable()
export class LedgerPoolAllowance extends PoolAllowance {
  constructor(
    private readonly pools: LicensePoolRepository,
    private readonly ledger: PoolLedger,
  ) {
    super();
  }

  async lock(transaction: Transaction, requests: readonly PoolRequest[], now: Date) {
    const usable = await this.usableOf(transaction, requests, now);
    const ids = requests.flatMap((request) => candidatesOf(request, usable));
    return new LockedLedgers(await this.lockAll(transaction, [...new Set(ids)], now), usable, now);
  }

  async findAllowance({ tenantId }: Transaction, poolId: string) {
    return (await this.pools.find(tenantId, poolId)) ?? undefined;
  }

  recordIssued(transaction: Transaction, licenses: readonly License[]): void {
    this.ledger.append(
      transaction,
      licenses.flatMap((license) => entryOf(license, 'ISSUE')),
    );
  }

  async settle(transaction: Transaction, licenses: readonly License[], now: Date): Promise<void> {
    const poolIds = [...new Set(licenses.flatMap(({ poolId }) => poolId ?? []))];
    const locked = await this.lockAll(transaction, poolIds, now);
    const holding = await this.ledger.holding(transaction, licenses);
    const entries = licenses.flatMap((license) => {
      const of = locked.get(license.poolId ?? '');
      const holds = holding.get(license.licenseId);
      if (!of || holds === undefined) return [];
      const end = endOf(license, now);
      const mustHold = end === undefined || !of.pool.takesBack(end);
      if (holds === mustHold) return [];
      return mustHold ? takeAgain(of, license, now) : giveBack(of, license, now);
    });
    if (entries.length > 0) this.ledger.append(transaction, entries);
  }

  /** Returns the usable pools of the actor's partner, by template, for requests that name no pool. */
  private async usableOf(transaction: Transaction, requests: readonly PoolRequest[], now: Date) {
    const unnamed = new Map(
      requests.flatMap(({ actor: { partnerId }, poolId, templateId }) =>
        poolId !== undefined || partnerId === undefined ? [] : [[templateId, partnerId] as const],
      ),
    );
    const find = async ([templateId, partnerId]: readonly [string, string]) =>
      [templateId, await this.pools.findUsable(transaction, partnerId, templateId, now)] as const;
    return new Map(await Promise.all([...unnamed].map(find)));
  }

  /** Locks the pools and reads their ledgers: both statements are sent at once, and the second runs under the lock of the first. */
  private async lockAll(transaction: Transaction, poolIds: readonly string[], now: Date) {
    if (poolIds.length === 0) return new Map<string, LockedPool>();
    const [pools, ledgers] = await Promise.all([
      this.pools.lock(transaction, poolIds),
      this.ledger.read(transaction, poolIds),
    ]);
    const lockedOf = (pool: LicensePool, ledger: PoolTotals & { status: PartnerStatus }): LockedPool => ({
      pool,
      partnerStatus: ledger.status,
      available: pool.hasExpired(now) ? 0 : balanceOf(ledger),
    });
    return new Map(
      pools.flatMap((pool) => {
        const ledger = ledgers.get(pool.poolId);
        return ledger ? [[pool.poolId, lockedOf(pool, ledger)]] : [];
      }),
    );
  }
}

type UsablePools = ReadonlyMap<string, readonly string[]>;

/** Returns the pool that a request names, or the usable ones of its template. */
function candidatesOf({ actor, poolId, templateId }: PoolRequest, usable: UsablePools): readonly string[] {
  if (poolId !== undefined) return [poolId];
  return actor.partnerId === undefined ? [] : (usable.get(templateId) ?? []);
}

class LockedLedgers implements LockedPools {
  constructor(
    private readonly locked: ReadonlyMap<string, LockedPool>,
    private readonly usable: UsablePools,
    private readonly now: Date,
  ) {}

  find(request: PoolRequest): PoolGrant | HttpException {
    return grant(request, candidatesOf(request, this.usable), this.locked, this.now);
  }

  take(poolId: string, count = 1): void {
    const of = this.locked.get(poolId);
    if (of) of.available -= count;
  }

  partnerOf(poolId: string): string | undefined {
    return this.locked.get(poolId)?.pool.partnerId;
  }
}

/** Returns the pool of a request, or the reason why it gives no license. */
function grant(
  request: PoolRequest,
  candidates: readonly string[],
  locked: ReadonlyMap<string, LockedPool>,
  now: Date,
): PoolGrant | HttpException {
  const { actor, poolId, templateId } = request;
  const found = candidates.flatMap((id) => locked.get(id) ?? []);
  const usable = poolId === undefined ? found.filter(({ available }) => available > 0) : found;
  const [first = found[0], ...others] = usable;
  if (!first) return poolId === undefined ? new PoolRequiredError(templateId, 'no') : new PoolNotFoundError(poolId);
  if (others.length > 0) return new PoolRequiredError(templateId, 'several');
  const { pool, partnerStatus, available } = first;
  if (actor.partnerId !== undefined && pool.partnerId !== actor.partnerId) return new PoolNotFoundError(pool.poolId);
  if (partnerStatus !== 'APPROVED') return new PartnerStateError(pool.partnerId, 'issue', partnerStatus);
  if (pool.templateId !== templateId) return new PoolTemplateMismatchError(pool.poolId, pool.templateId);
  if (pool.expiresAt && pool.hasExpired(now)) return new PoolExpiredError(pool.poolId, pool.expiresAt);
  if (available < 1) return new PoolExhaustedError(pool.poolId, available);
  const { poolId: id, partnerId, allowedActions, allowedOverrides } = pool;
  return { poolId: id, partnerId, allowedActions, allowedOverrides };
}

/** Returns how a license has ended, whether or not it is suspended; undefined while it is in force or may be again by itself. */
function endOf(license: License, now: Date): 'REVOKED' | 'EXPIRED' | undefined {
  if (license.status === 'REVOKED') return 'REVOKED';
  return license.isPastGrace(now) ? 'EXPIRED' : undefined;
}

/** Counts a license again that was returned. Throws PoolExpiredError, PoolExhaustedError. */
function takeAgain(of: LockedPool, license: License, now: Date): NewPoolEntry[] {
  const { poolId, expiresAt } = of.pool;
  if (expiresAt && of.pool.hasExpired(now)) throw new PoolExpiredError(poolId, expiresAt);
  if (of.available < 1) throw new PoolExhaustedError(poolId, of.available);
  of.available -= 1;
  return entryOf(license, 'ISSUE');
}

/** Returns a license to its pool. One that is returned after the end of the pool ends with it. */
function giveBack({ pool }: LockedPool, license: License, now: Date): NewPoolEntry[] {
  const returned = entryOf(license, 'RETURN');
  return pool.hasExpired(now) ? [...returned, { poolId: pool.poolId, kind: 'EXPIRY', quantity: 1 }] : returned;
}

function entryOf({ poolId, licenseId }: License, kind: 'ISSUE' | 'RETURN'): NewPoolEntry[] {
  return poolId === null ? [] : [{ poolId, kind, quantity: 1, licenseId }];
}
