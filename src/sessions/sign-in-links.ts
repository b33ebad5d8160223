import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type pg from 'pg';
import { ADMIN_KEY_NAME } from '../tenants/index.js';
import { generateSecret, hashSecret } from './session-secret.js';
import type { SignedInKey } from './session-store.js';

const LIFETIME_MS = 10 * 60_000;

/** No API key can be signed in with. */
export class SignInLinkError extends Error {}

interface KeyRow {
  id: string;
  tenant_id: string | null;
  key_sha256: Buffer;
}

const REDEEM = `
  UPDATE sign_in_links SET used_at = $2 FROM api_keys k
  WHERE link_sha256 = $1 AND used_at IS NULL AND sign_in_links.expires_at > $2
    AND k.id = api_key_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
  RETURNING k.id, k.tenant_id, k.key_sha256`;

/** Redeems the codes of sign-in links, each once. */
@Injectable()
export class SignInLinks {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Returns the API key that a link signs in with; undefined if the code is unknown, used or too old. */
  async redeem(code: string, now: Date): Promise<SignedInKey | undefined> {
    const [[row]] = await this.dataSource.query<[KeyRow[], number]>(REDEEM, [hashSecret(code), now]);
    return row && { keyId: row.id, keySha256: row.key_sha256, tenantId: row.tenant_id };
  }
}

/**
 * Makes a code that signs in once, within ten minutes, with the admin key of a tenant or with a platform key; as the owner role. Throws
 * SignInLinkError.
 */
export async function createSignInLink(
  owner: pg.ClientBase,
  of: { readonly tenantId: string } | { readonly platformKey: string },
  now: Date,
): Promise<string> {
  const code = generateSecret();
  const ofTenant = 'tenantId' in of;
  await owner.query('DELETE FROM sign_in_links WHERE expires_at < $1', [now]);
  const { rowCount } = await owner.query(
    `INSERT INTO sign_in_links (link_sha256, api_key_id, created_at, expires_at)
     SELECT $1, id, $2, $3 FROM api_keys
     WHERE tenant_id IS NOT DISTINCT FROM $4 AND name = $5 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
     ORDER BY created_at DESC LIMIT 1`,
    [
      hashSecret(code),
      now,
      new Date(now.getTime() + LIFETIME_MS),
      ofTenant ? of.tenantId : null,
      ofTenant ? ADMIN_KEY_NAME : of.platformKey,
    ],
  );
  if (rowCount !== 1) {
    throw new SignInLinkError(
      ofTenant
        ? `Tenant ${of.tenantId} has no admin API key. "npm run tenants -- key ${of.tenantId}" makes one.`
        : `There is no platform key ${of.platformKey}.`,
    );
  }
  return code;
}

/** Returns the address that signs in. The code is in the fragment, which browsers neither send nor log. */
export function signInUrl(base: string, code: string): string {
  return `${base}/admin/#code=${code}`;
}
