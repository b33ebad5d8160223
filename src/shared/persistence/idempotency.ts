import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import stableStringify from 'safe-stable-stringify';
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
import { legacyRequestText } from './idempotency.legacy.js';
import { operationOf, type TenantCommand } from '../messaging/tenant-command.js';
import type { Transaction } from './transaction.js';

const HOUR_MS = 60 * 60 * 1000;
/** Version of the form in which a request is digested. Another form needs another version, and the old one for as long as claims live. */
const DIGEST_VERSION = 2;

/** What one command with an idempotency key is remembered by. Both digests are SHA-256, in hexadecimal. */
export interface IdempotencyClaim {
  readonly tenantId: string;
  /** Of the key and of who sent it, so that two principals never share one. */
  readonly keyDigest: string;
  /** Of the operation and its payload, independent of the order of members in its JSON. */
  readonly requestDigest: string;
  /** The digest that 0.1.0 stored for the same request. */
  readonly legacyDigest: () => string | undefined;
}

/** A claim and what it comes to if the transaction is committed. */
export interface ClaimResult {
  readonly claim: IdempotencyClaim;
  readonly result: unknown;
}

/** What a claim that was taken before came to. */
export interface StoredResult {
  readonly result: unknown;
}

/** A claim as it is stored with its result, as far as that is no secret; digests in hexadecimal. */
export interface ClaimRow {
  readonly key_digest: string;
  readonly request_digest: string;
  readonly result: unknown;
  readonly expires_at: Date;
}

interface StoredResultRow {
  key_digest: string;
  request_digest: Buffer;
  result_sealed: Buffer | null;
  result: unknown;
  erased: boolean;
  expired: boolean;
}

const TAKE = {
  name: 'idempotency.take',
  text: `INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, created_at, expires_at)
         VALUES ($1, decode($2, 'hex'), decode($3, 'hex'), $4, $5)
         ON CONFLICT DO NOTHING
         RETURNING 1`,
};
/** One look by the key for each, whatever the planner makes of a tenant that has very many. */
const READ = {
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
const KEEP = {
  name: 'idempotency.keep',
  text: `UPDATE idempotency_keys SET result_sealed = $3 WHERE tenant_id = $1 AND key_digest = decode($2, 'hex')`,
};

/**
 * Remembers results by idempotency key, in the transaction of the effect: a result is kept exactly when its effect was
 * committed. A claim is a row; who comes second waits on it for the first to end, and then either finds the result or,
 * when the first was rolled back or killed, takes the claim itself.
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

  /** Undefined where the command carries no key. */
  claimOf(command: TenantCommand<unknown>): IdempotencyClaim | undefined {
    const { actor, options, payload } = command;
    if (options.idempotencyKey === undefined) return undefined;
    const operation = operationOf(command);
    return {
      tenantId: actor.tenantId,
      keyDigest: sha256([...actor.principal, options.idempotencyKey]),
      requestDigest: sha256([DIGEST_VERSION, operation, payload]),
      legacyDigest: () => {
        const text = legacyRequestText(operation, payload);
        return text && hash('sha256', text);
      },
    };
  }

  /**
   * Takes the claim, or returns what it came to earlier. Throws IdempotencyKeyReusedError when that was another request,
   * IdempotencyInProgressError when the first is still under way after the lock timeout.
   */
  async acquire(transaction: Transaction, claim: IdempotencyClaim): Promise<StoredResult | undefined> {
    for (;;) {
      if (await this.insert(transaction, claim)) return undefined;
      const earlier = (await this.readStored(transaction, [claim])).get(claim.keyDigest);
      if (earlier) return earlier();
      const values = [claim.tenantId, claim.keyDigest, this.expiredBy()];
      await transaction.query({ ...DELETE_EXPIRED, values });
    }
  }

  /**
   * The row of a claim, for a statement that takes it with the effect. The result is kept as it is: what is secret in it must be
   * left out, and be put back by whoever reads it.
   */
  toClaimRow({ claim, result }: ClaimResult): ClaimRow {
    return {
      key_digest: claim.keyDigest,
      request_digest: claim.requestDigest,
      result,
      expires_at: this.expiryAfter(this.clock.now()),
    };
  }

  /**
   * What claims that were not free came to, by digest. Reading one throws IdempotencyKeyReusedError when it was another
   * request. What expired meanwhile, or is gone, has none.
   */
  async readStored(
    transaction: Transaction,
    claims: readonly IdempotencyClaim[],
  ): Promise<ReadonlyMap<string, () => StoredResult>> {
    const values = [transaction.tenantId, claims.map(({ keyDigest }) => keyDigest), this.expiredBy()];
    const rows = await transaction.query<StoredResultRow>({ ...READ, values });
    const kept = new Map(rows.filter(({ expired }) => !expired).map((row) => [row.key_digest, row]));
    return new Map(
      claims.flatMap((claim) => {
        const row = kept.get(claim.keyDigest);
        return row ? [[claim.keyDigest, () => this.earlier(claim, row)]] : [];
      }),
    );
  }

  /** Seals the result beside its claim, in the transaction that took it. */
  storeResult(transaction: Transaction, { claim, result }: ClaimResult): void {
    const sealed = this.sealResult(claim, result);
    transaction.write({ ...KEEP, values: [transaction.tenantId, claim.keyDigest, sealed] });
  }

  private async insert(transaction: Transaction, claim: IdempotencyClaim): Promise<boolean> {
    const { tenantId, keyDigest, requestDigest } = claim;
    const now = this.clock.now();
    const values = [tenantId, keyDigest, requestDigest, now, this.expiryAfter(now)];
    const taken = await transaction.query({ ...TAKE, values }).catch((error: unknown) => {
      throw isLockTimeout(error) ? new IdempotencyInProgressError(error) : error;
    });
    return taken.length > 0;
  }

  /** A clock that was set ahead by mistake must not make a request be done twice. */
  private expiredBy(): Date {
    return this.databaseClock.settled(this.clock.now());
  }

  private expiryAfter(now: Date): Date {
    return new Date(now.getTime() + this.ttlMs);
  }

  private sealResult({ tenantId, keyDigest }: IdempotencyClaim, result: unknown): Buffer {
    return this.secrets.seal(JSON.stringify(result ?? null), idempotencySealContext(tenantId, keyDigest));
  }

  private earlier(
    claim: IdempotencyClaim,
    { request_digest, result_sealed, result, erased }: StoredResultRow,
  ): StoredResult {
    const stored = request_digest.toString('hex');
    if (stored !== claim.requestDigest && stored !== claim.legacyDigest()) throw new IdempotencyKeyReusedError();
    if (erased) throw new IdempotencyResultErasedError();
    if (result !== null) return { result };
    if (!result_sealed) throw new Error('A claim was committed without its result.');
    const context = idempotencySealContext(claim.tenantId, claim.keyDigest);
    return { result: JSON.parse(this.secrets.unseal(result_sealed, context)) as unknown };
  }
}

/** A sealed result opens in its place alone. */
export function idempotencySealContext(tenantId: string, keyDigest: string): string[] {
  return ['idempotency', tenantId, keyDigest];
}

function sha256(content: unknown): string {
  return hash('sha256', stableStringify(content) ?? '');
}
