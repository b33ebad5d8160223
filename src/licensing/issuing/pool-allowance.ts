import type { HttpException } from '@nestjs/common';
import type { Actor } from '../../shared/access/actor.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import type { License } from '../license.entity.js';
import type { PartnerAllowance } from '../partner-allowance.js';

/** License that is to be issued from a pool: the named one, or the only usable one of the actor's partner and the template. */
export interface PoolRequest {
  readonly actor: Actor;
  readonly poolId: string | undefined;
  readonly templateId: string;
}

/** Pool that a license is issued from, and its partner. */
export interface PoolGrant extends PartnerAllowance {
  readonly poolId: string;
  readonly partnerId: string;
}

/** Pool with what it allows to the keys of its partner. */
export interface AllowingPool extends PartnerAllowance {
  readonly templateId: string;
}

/** Locked pools, with the licenses that are left of them. */
export interface LockedPools {
  /** Returns the pool of a request, or the reason why it gives no license. */
  find(request: PoolRequest): PoolGrant | HttpException;
  /** Takes licenses from a pool, so that later requests find fewer. */
  take(poolId: string, count?: number): void;
  /** Returns the partner of a pool; undefined if there is no such pool. */
  partnerOf(poolId: string): string | undefined;
}

/** Keeps the balance of license pools. Licensing declares this for its commands; the module that stores pools implements it. */
export abstract class PoolAllowance {
  /** Locks the pools of these requests until the unit of work ends. */
  abstract lock(transaction: Transaction, requests: readonly PoolRequest[], now: Date): Promise<LockedPools>;

  /** Returns what the pool allows to the keys of its partner; undefined if there is no such pool. */
  abstract findAllowance(transaction: Transaction, poolId: string): Promise<AllowingPool | undefined>;

  /** Records that licenses were issued from their pools, or moved into them, which `lock` has locked. */
  abstract recordIssued(transaction: Transaction, licenses: readonly License[]): void;

  /**
   * Returns licenses that have ended to their pools where those take them back, and takes others from them again. Must be called under the
   * lock of the licenses. Throws if a pool has none left.
   */
  abstract settle(transaction: Transaction, licenses: readonly License[], now: Date): Promise<void>;
}
