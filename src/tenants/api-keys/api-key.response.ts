import { z } from 'zod';
import { UtcTime } from '../../shared/http/schema.js';
import { pageOf } from '../../shared/http/paging.js';
import type { ApiKey } from './api-key.entity.js';

export const ApiKeyResponse = z
  .object({
    id: z.uuid(),
    tenant_id: z.string(),
    name: z.string(),
    role: z.string().nullable(),
    permissions: z.array(z.string()).meta({ description: 'Effective permissions, including those of the role.' }),
    networks: z.array(z.string()),
    partner_id: z.uuid().nullable().meta({ description: 'Partner that the key is bound to.' }),
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

export function toApiKeyResponse(key: ApiKey): ApiKeyResponse {
  return {
    id: key.id,
    tenant_id: key.tenantId,
    name: key.name,
    role: key.role,
    permissions: [...key.grants],
    networks: key.networks,
    partner_id: key.partnerId,
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
