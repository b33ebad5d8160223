import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import { isLockTimeout } from '../../database/sql-errors.js';
import { Clock } from '../time/clock.js';
import { DatabaseClock } from '../time/database-clock.js';
import { Secrets } from '../secrets/secrets.js';
import {
  IdempotencyInProgressError,
  IdempotencyKeyReusedError,
  IdempotencyResultErasedError,
} from './idempotency.errors.js';
import type { TenantCommand } from '../messaging/tenant-command.js';
import { claimOf, type IdempotencyClaim } from './idempotency-claim.js';
import type { Transaction, Work } from './transaction.js';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Stored claim with an unsealed result, which must contain no secret; digests in hexadecimal. */
export interface ClaimRow {
  readonly key_digest: string;
  readonly request_digest: string;
  readonly result: unknown;
  readonly expires_at: Date;
}

/** Reads the result of an earlier request. Throws IdempotencyKeyReusedError if that was another one, IdempotencyResultErasedError. */
export type ReadResult = () => unknown;

interface StoredResultRow {
  key_digest: string;
  request_digest: Buffer;
  result_sealed: Buffer | null;
  result: unknown;
  erased: boolean;
  expired: boolean;
}

const INSERT_CLAIM = {
  name: 'idempotency.take',
  text: `INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, created_at, expires_at)
         VALUES ($1, decode($2, 'hex'), decode($3, 'hex'), $4, $5)
         ON CONFLICT DO NOTHING
         RETURNING 1`,
};
/** Forces a key look-up per claim, because the planner might otherwise scan all rows of a tenant. */
const READ_CLAIMS = {
  name: 'idempotency.read',
  text: `SELECT wanted.digest AS key_digest, kept.* FROM unnest($2::text[]) AS wanted (digest)
         CROSS JOIN LATERAL (
           SELECT request_digest, result_sealed, result, erased, expires_at <= $3 AS expired FROM idempotency_keys
           WHERE tenant_id = $1 AND key_digest = decode(wanted.digest, 'hex') LIMIT 1) AS kept`,
};
const DELETE_EXPIRED = {
  name: 'idempotency.forget',
  text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_digest = decode($2, 'hex') AND expires_at <= $3`,
};
const STORE_RESULT = {
  name: 'idempotency.keep',
  text: `UPDATE idempotency_keys SET result_sealed = $3 WHERE tenant_id = $1 AND key_digest = decode($2, 'hex')`,
};

const DELETE_ALL_EXPIRED = {
  name: 'idempotency.forget-all',
  text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_digest IN (SELECT decode(unnest($2::text[]), 'hex'))
           AND expires_at <= $3`,
};
const STORE_CLAIMS = {
  name: 'idempotency.keep-all',
  text: `INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, result, created_at, expires_at)
         SELECT $1, decode(key_digest, 'hex'), decode(request_digest, 'hex'), result, $3::timestamptz, expires_at
         FROM json_to_recordset($2::json) AS claim (key_digest text, request_digest text, result json, expires_at timestamptz)
         ORDER BY key_digest ON CONFLICT DO NOTHING`,
};

/**
 * Stores results by idempotency key in the transaction of their effect, so that a result exists exactly if the effect was committed.
 * A second request waits on the row of the claim; it gets the result or, if the first was rolled back, takes the claim itself.
 */
@Injectable()
export class Idempotency {
  private readonly ttlMs: number;

  constructor(
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    { settings }: Config,
  ) {
    this.ttlMs = settings.IDEMPOTENCY_TTL_HOURS * HOUR_MS;
  }

  /**
   * Does the work of a command once for its idempotency key. A repeated command gets the stored result, which `restore` completes. Throws
   * IdempotencyKeyReusedError, IdempotencyResultErasedError, IdempotencyInProgressError.
   */
  async performOnce<Result>(
    transaction: Transaction,
    command: TenantCommand<Result>,
    work: Work<Result>,
    restore: (stored: unknown) => Promise<Result>,
  ): Promise<Result> {
    const claim = claimOf(command);
    if (!claim) return work(transaction);
    const readEarlier = await this.acquire(transaction, claim);
    if (readEarlier) {
      const earlier = readEarlier();
      command.options.onReplay?.();
      return restore(earlier);
    }
    const result = await transaction.step(() => work(transaction));
    this.storeResult(transaction, claim, result);
    return result;
  }

  /**
   * Takes the claim, or returns the reader of the stored result. Throws IdempotencyInProgressError if the first request is still in progress
   * after the lock timeout.
   */
  private async acquire(transaction: Transaction, claim: IdempotencyClaim): Promise<ReadResult | undefined> {
    for (;;) {
      if (await this.insert(transaction, claim)) return undefined;
      const earlier = (await this.readStored(transaction, [claim])).get(claim);
      if (earlier) return earlier;
      const values = [claim.tenantId, claim.keyDigest, this.expiredBy()];
      await transaction.query({ ...DELETE_EXPIRED, values });
    }
  }

  /**
   * Returns the row of a claim for a statement that inserts it together with the effect. The result is stored unsealed, so callers must
   * leave secrets out and restore them on replay.
   */
  toClaimRow(claim: IdempotencyClaim, result: unknown): ClaimRow {
    const { keyDigest, requestDigest } = claim;
    const expires_at = this.expiryOf(claim, this.clock.now());
    return { key_digest: keyDigest, request_digest: requestDigest, result, expires_at };
  }

  /** Stores claims with their results, which are unsealed; see toClaimRow. One that another request took meanwhile stays. */
  storeClaims(transaction: Transaction, claims: readonly ClaimRow[]): void {
    const { tenantId } = transaction;
    const digests = claims.map(({ key_digest }) => key_digest);
    transaction.write({ ...DELETE_ALL_EXPIRED, values: [tenantId, digests, this.expiredBy()] });
    transaction.write({ ...STORE_CLAIMS, values: [tenantId, JSON.stringify(claims), this.clock.now()] });
  }

  /** Returns the stored results by claim, of which several may have one key; claims that have expired or were deleted are missing. */
  async readStored(
    transaction: Transaction,
    claims: readonly IdempotencyClaim[],
  ): Promise<ReadonlyMap<IdempotencyClaim, ReadResult>> {
    const values = [transaction.tenantId, claims.map(({ keyDigest }) => keyDigest), this.expiredBy()];
    const rows = await transaction.query<StoredResultRow>({ ...READ_CLAIMS, values });
    const stored = new Map(rows.filter(({ expired }) => !expired).map((row) => [row.key_digest, row]));
    return new Map(
      claims.flatMap((claim) => {
        const row = stored.get(claim.keyDigest);
        return row ? [[claim, () => this.readResult(claim, row)]] : [];
      }),
    );
  }

  /** Seals the result into the row of its claim, in the transaction that took the claim. */
  private storeResult(transaction: Transaction, { tenantId, keyDigest }: IdempotencyClaim, result: unknown): void {
    const sealed = this.secrets.seal(JSON.stringify(result ?? null), idempotencySealContext(tenantId, keyDigest));
    transaction.write({ ...STORE_RESULT, values: [tenantId, keyDigest, sealed] });
  }

  private async insert(transaction: Transaction, claim: IdempotencyClaim): Promise<boolean> {
    const { tenantId, keyDigest, requestDigest } = claim;
    const now = this.clock.now();
    const values = [tenantId, keyDigest, requestDigest, now, this.expiryOf(claim, now)];
    const taken = await transaction.query({ ...INSERT_CLAIM, values }).catch((error: unknown) => {
      throw isLockTimeout(error) ? new IdempotencyInProgressError(error) : error;
    });
    return taken.length > 0;
  }

  /** Time at which claims count as expired. Settled, since a clock set ahead by mistake would let a request run twice. */
  private expiredBy(): Date {
    return this.databaseClock.settled(this.clock.now());
  }

  private expiryOf({ rememberDays }: IdempotencyClaim, now: Date): Date {
    return new Date(now.getTime() + (rememberDays === undefined ? this.ttlMs : rememberDays * DAY_MS));
  }

  private readResult(claim: IdempotencyClaim, row: StoredResultRow): unknown {
    const { request_digest, result_sealed, result, erased } = row;
    const stored = request_digest.toString('hex');
    if (stored !== claim.requestDigest && stored !== claim.legacyDigest()) throw new IdempotencyKeyReusedError();
    if (erased) throw new IdempotencyResultErasedError();
    if (result !== null) return result;
    if (!result_sealed) throw new Error('A claim was committed without its result.');
    const context = idempotencySealContext(claim.tenantId, claim.keyDigest);
    return JSON.parse(this.secrets.unseal(result_sealed, context));
  }
}

/** Seal context of a result, which prevents unsealing it in another row. */
export function idempotencySealContext(tenantId: string, keyDigest: string): string[] {
  return ['idempotency', tenantId, keyDigest];
}
