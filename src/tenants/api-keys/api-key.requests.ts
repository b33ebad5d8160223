import { z } from 'zod';
import { pageParameters } from '../../shared/http/paging.js';
import { text, Timestamp } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { TENANT_PERMISSIONS, TENANT_ROLES, type TenantRole } from '../../shared/access/permissions.js';
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

export const ListApiKeysRequest = z.strictObject(pageParameters);
export type ListApiKeysRequest = z.infer<typeof ListApiKeysRequest>;
