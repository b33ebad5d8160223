import { z } from 'zod';
import { pageOf, pageParameters } from '../../shared/http/paging.js';
import { text, Timestamp, UtcTime } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { TENANT_PERMISSIONS, TENANT_ROLES, type TenantRole } from '../../shared/access/permissions.js';
import type { ApiKey } from './api-key.entity.js';
import { Cidr } from '../networks.js';

const MAX_NETWORKS = 100;
/** Seven days. */
const MAX_OVERLAP_S = 7 * 24 * 60 * 60;

const TenantRoleName = z
  .enum(Object.keys(TENANT_ROLES) as [TenantRole, ...TenantRole[]])
  .meta({ id: 'TenantRole', description: 'Named set of permissions; later releases may add to it.' });
const Permissions = z.array(z.enum(TENANT_PERMISSIONS).meta({ id: 'TenantPermission' })).max(TENANT_PERMISSIONS.length);

export const CreateApiKeyRequest = z
  .strictObject({
    name: text(100),
    role: TenantRoleName.nullable().default(null),
    permissions: Permissions.default([]).meta({ description: 'Permissions in addition to those of the role.' }),
    networks: z
      .array(Cidr)
      .max(MAX_NETWORKS)
      .default([])
      .meta({ description: 'Address ranges that the key may be used from. Empty: everywhere.' }),
    expires_at: Timestamp.nullable().default(null).meta({ description: 'Null: never expires.' }),
  })
  .refine(({ role, permissions }) => role !== null || permissions.length > 0, {
    path: ['permissions'],
    error: 'is required unless `role` is set',
  })
  .meta({ id: 'CreateApiKeyRequest', examples: [{ name: 'web shop', role: 'issuer' }] });
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

export const RotateApiKeyRequest = z
  .strictObject({
    overlap_seconds: integer(0, MAX_OVERLAP_S)
      .default(0)
      .meta({ description: 'Time for which the previous secret stays valid, at most 7 days.' }),
  })
  .meta({ id: 'RotateApiKeyRequest', examples: [{ overlap_seconds: 3600 }] });
export type RotateApiKeyRequest = z.infer<typeof RotateApiKeyRequest>;

export const ApiKeyResponse = z
  .object({
    id: z.uuid(),
    tenant_id: z.string(),
    name: z.string(),
    role: z.string().nullable(),
    permissions: z.array(z.string()).meta({ description: 'Effective permissions, including those of the role.' }),
    networks: z.array(z.string()),
    key_prefix: z.string().meta({ description: 'First characters of the key, to recognise it.' }),
    expires_at: UtcTime.nullable(),
    revoked_at: UtcTime.nullable(),
    previous_expires_at: UtcTime.nullable().meta({ description: 'End of validity of the previous secret.' }),
    last_used_at: UtcTime.nullable().meta({ description: 'Accurate to about 15 seconds.' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'ApiKey', description: 'The API key, without its secret.' });
export type ApiKeyResponse = z.infer<typeof ApiKeyResponse>;

export const IssuedApiKey = ApiKeyResponse.extend({
  api_key: z.string().meta({ description: 'The secret. Returned only once.' }),
}).meta({ id: 'IssuedApiKey', description: 'The API key with its secret.' });
export type IssuedApiKey = z.infer<typeof IssuedApiKey>;

export const ApiKeyPage = pageOf(ApiKeyResponse).meta({ id: 'ApiKeyPage' });
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;

export const ListApiKeysRequest = z.strictObject(pageParameters);
export type ListApiKeysRequest = z.infer<typeof ListApiKeysRequest>;

export function toApiKeyResponse(key: ApiKey): ApiKeyResponse {
  return {
    id: key.id,
    tenant_id: key.tenantId,
    name: key.name,
    role: key.role,
    permissions: [...key.grants],
    networks: key.networks,
    key_prefix: key.keyPrefix,
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    previous_expires_at: key.previousExpiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    version: key.version,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

export function toIssuedApiKey(key: ApiKey, secret: string): IssuedApiKey {
  return { ...toApiKeyResponse(key), api_key: secret };
}
