import { z } from 'zod';
import { SIGNING_KEY_STATES } from './signing-key-state.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { SigningKey } from './signing-key.entity.js';
import { toJwk } from './ed25519.js';

/** A public key as JWK (RFC 8037). */
export const PublicKey = z
  .object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().meta({ description: 'The 32 bytes of the public key in base64url.' }),
    kid: z.string().meta({ description: 'RFC 7638 thumbprint of the public key.' }),
    use: z.literal('sig'),
    alg: z.literal('EdDSA'),
  })
  .meta({ id: 'PublicKey', description: 'Public key as JWK (RFC 8037).' });
export type PublicKey = z.infer<typeof PublicKey>;

/** JWK Set (RFC 7517). */
export const KeySet = z
  .object({ keys: z.array(PublicKey) })
  .meta({ id: 'KeySet', description: 'The public signing keys.' });
export type KeySet = z.infer<typeof KeySet>;

export const SigningKeyResponse = z
  .object({
    kid: z.string(),
    tenant_id: z.string(),
    state: z.enum(SIGNING_KEY_STATES).meta({ id: 'SigningKeyState' }),
    public_key: PublicKey.meta({ description: 'The key to build into your program.' }),
    activated_at: UtcTime.nullable(),
    retired_at: UtcTime.nullable(),
    revoked_at: UtcTime.nullable(),
    published_until: UtcTime.nullable().meta({ description: 'Null until the key is retired or revoked.' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'SigningKey', description: 'The signing key.' });
export type SigningKeyResponse = z.infer<typeof SigningKeyResponse>;

export const SigningKeyPage = pageOf(SigningKeyResponse).meta({ id: 'SigningKeyPage' });
export type SigningKeyPage = z.infer<typeof SigningKeyPage>;

export function toPublicKey({ publicKey, kid }: SigningKey): PublicKey {
  return { ...toJwk(publicKey), kid, use: 'sig', alg: 'EdDSA' };
}

export function toSigningKeyResponse(key: SigningKey): SigningKeyResponse {
  return {
    kid: key.kid,
    tenant_id: key.tenantId,
    state: key.state,
    public_key: toPublicKey(key),
    activated_at: key.activatedAt?.toISOString() ?? null,
    retired_at: key.retiredAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    published_until: key.publishedUntil?.toISOString() ?? null,
    version: key.version,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}
