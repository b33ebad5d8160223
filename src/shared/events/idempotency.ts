import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import stableStringify from 'safe-stable-stringify';
import { Config } from '../../config.js';
import { isLockTimeout } from '../../database/sql-errors.js';
import { Clock } from '../clock.js';
import { Secrets } from '../secrets/secrets.js';
import { IdempotencyInProgressError, IdempotencyKeyReusedError } from './idempotency.errors.js';
import type { TenantCommand } from './tenant-command.js';
import type { Transaction } from './transaction.js';

const HOUR_MS = 60 * 60 * 1000;

/** What one command with an idempotency key is remembered by. Both digests are SHA-256, in hexadecimal. */
export interface Claim {
  readonly tenantId: string;
  /** Of the key and of who sent it, so that two principals never share one. */
  readonly keyDigest: string;
  /** Of what was asked, independent of the order of members in its JSON. */
  readonly requestDigest: string;
}

/** What a claim that was taken before came to. */
export interface Earlier {
  readonly result: unknown;
}

interface KeptRow {
  key_digest: string;
  request_digest: Buffer;
  result_sealed: Buffer | null;
  expired: boolean;
}

const TAKE = {
  name: 'idempotency.take',
  text: `INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, created_at, expires_at)
         SELECT $1, decode(key_digest, 'hex'), decode(request_digest, 'hex'), $3, $4
         FROM jsonb_to_recordset($2::jsonb) AS item (key_digest text, request_digest text)
         ORDER BY key_digest
         ON CONFLICT DO NOTHING
         RETURNING encode(key_digest, 'hex') AS key_digest`,
};
const READ = {
  name: 'idempotency.read',
  text: `SELECT encode(key_digest, 'hex') AS key_digest, request_digest, result_sealed, expires_at <= $3 AS expired
         FROM idempotency_keys WHERE tenant_id = $1 AND key_digest = ANY(SELECT decode(digest, 'hex') FROM unnest($2::text[]) AS item (digest))`,
};
const FORGET = {
  name: 'idempotency.forget',
  text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_digest = decode($2, 'hex') AND expires_at <= $3`,
};
const KEEP = {
  name: 'idempotency.keep',
  text: `UPDATE idempotency_keys SET result_sealed = decode(item.result, 'hex')
         FROM jsonb_to_recordset($2::jsonb) AS item (key_digest text, result text)
         WHERE tenant_id = $1 AND idempotency_keys.key_digest = decode(item.key_digest, 'hex')`,
};
const GIVE_BACK = {
  name: 'idempotency.give-back',
  text: `DELETE FROM idempotency_keys USING jsonb_array_elements_text($2::jsonb) AS item (key_digest)
         WHERE tenant_id = $1 AND idempotency_keys.key_digest = decode(item.key_digest, 'hex')`,
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
    { settings }: Config,
  ) {
    this.ttlMs = settings.IDEMPOTENCY_TTL_HOURS * HOUR_MS;
  }

  /** Undefined where the command carries no key. */
  claimOf({ actor, options, ...content }: TenantCommand<unknown>, name: string): Claim | undefined {
    if (options.idempotencyKey === undefined) return undefined;
    return {
      tenantId: actor.tenantId,
      keyDigest: sha256([...actor.principal, options.idempotencyKey]),
      requestDigest: sha256([name, content]),
    };
  }

  /**
   * Takes the claim, or returns what it came to earlier. Throws IdempotencyKeyReusedError when that was another request,
   * IdempotencyInProgressError when the first is still under way after the lock timeout.
   */
  async take(transaction: Transaction, claim: Claim): Promise<Earlier | undefined> {
    for (;;) {
      if ((await this.takeAll(transaction, [claim])).size > 0) return undefined;
      const earlier = (await this.readAll(transaction, [claim])).get(claim.keyDigest);
      if (earlier) return earlier();
      const values = [claim.tenantId, claim.keyDigest, this.clock.now()];
      await transaction.query({ ...FORGET, values });
    }
  }

  /**
   * Takes what is free and returns its digests. One statement for all, in order, so that two transactions which share some
   * cannot wait for each other. Throws IdempotencyInProgressError.
   */
  async takeAll(transaction: Transaction, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    const now = this.clock.now();
    const rows = claims.map(({ keyDigest, requestDigest }) => ({
      key_digest: keyDigest,
      request_digest: requestDigest,
    }));
    const values = [transaction.tenantId, JSON.stringify(rows), now, new Date(now.getTime() + this.ttlMs)];
    const taken = await transaction.query<{ key_digest: string }>({ ...TAKE, values }).catch((error: unknown) => {
      throw isLockTimeout(error) ? new IdempotencyInProgressError(error) : error;
    });
    return new Set(taken.map(({ key_digest }) => key_digest));
  }

  /**
   * What claims that were not free came to, by digest. Reading one throws IdempotencyKeyReusedError when it was another
   * request. What expired meanwhile, or is gone, has none.
   */
  async readAll(transaction: Transaction, claims: readonly Claim[]): Promise<ReadonlyMap<string, () => Earlier>> {
    const values = [transaction.tenantId, claims.map(({ keyDigest }) => keyDigest), this.clock.now()];
    const rows = await transaction.query<KeptRow>({ ...READ, values });
    const kept = new Map(rows.filter(({ expired }) => !expired).map((row) => [row.key_digest, row]));
    return new Map(
      claims.flatMap((claim) => {
        const row = kept.get(claim.keyDigest);
        return row ? [[claim.keyDigest, () => this.earlier(claim, row)]] : [];
      }),
    );
  }

  /** Seals results beside their claims, in the transaction that took them. */
  keepAll(transaction: Transaction, results: readonly { readonly claim: Claim; readonly result: unknown }[]): void {
    const rows = results.map(({ claim, result }) => ({
      key_digest: claim.keyDigest,
      result: this.secrets
        .seal(JSON.stringify(result ?? null), idempotencySealContext(claim.tenantId, claim.keyDigest))
        .toString('hex'),
    }));
    transaction.write({ ...KEEP, values: [transaction.tenantId, JSON.stringify(rows)] });
  }

  /** Frees claims of what was refused, in a transaction that goes on for others. */
  giveBack(transaction: Transaction, claims: readonly Claim[]): void {
    const digests = claims.map(({ keyDigest }) => keyDigest);
    transaction.write({ ...GIVE_BACK, values: [transaction.tenantId, JSON.stringify(digests)] });
  }

  private earlier(claim: Claim, { request_digest, result_sealed }: KeptRow): Earlier {
    if (request_digest.toString('hex') !== claim.requestDigest) throw new IdempotencyKeyReusedError();
    if (!result_sealed) throw new Error('A claim was committed without its result.');
    const context = idempotencySealContext(claim.tenantId, claim.keyDigest);
    return { result: JSON.parse(this.secrets.open(result_sealed, context)) as unknown };
  }
}

/** A sealed result opens in its place alone. */
export function idempotencySealContext(tenantId: string, keyDigest: string): string[] {
  return ['idempotency', tenantId, keyDigest];
}

function sha256(content: unknown): string {
  return createHash('sha256')
    .update(stableStringify(content) ?? '')
    .digest('hex');
}
