import { z } from 'zod';
import { ActionReason } from '../../shared/http/action-reason.js';
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
    // No default, because it would change the digest of stored requests.
    partner_id: z.uuid().optional().meta({
      description: 'Partner whose customers, licenses and events alone the key reaches. Only with the role `partner`.',
    }),
    expires_at: Timestamp.nullable().default(null).meta({ description: 'Null: never expires.' }),
  })
  .refine(({ role, permissions }) => role !== null || permissions.length > 0, {
    path: ['permissions'],
    error: 'is required unless `role` is set',
  })
  .refine(({ role, partner_id }) => (role === 'partner') === (partner_id !== undefined), {
    path: ['partner_id'],
    error: 'is required with the role `partner`, and allowed with no other',
  })
  .refine(({ partner_id, permissions }) => partner_id === undefined || permissions.length === 0, {
    path: ['permissions'],
    error: 'must be empty for the key of a partner',
  })
  .meta({ id: 'CreateApiKeyRequest', examples: [{ name: 'web shop', role: 'issuer' }] });
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

export const RotateApiKeyRequest = z
  .strictObject({
    overlap_seconds: integer(0, MAX_OVERLAP_S)
      .default(0)
      .meta({ description: 'Time for which the previous secret stays valid, at most 7 days.' }),
    reason: ActionReason.optional(),
  })
  .meta({ id: 'RotateApiKeyRequest', examples: [{ overlap_seconds: 3600 }] });
export type RotateApiKeyRequest = z.infer<typeof RotateApiKeyRequest>;

export const ListApiKeysRequest = z.strictObject(pageParameters);
export type ListApiKeysRequest = z.infer<typeof ListApiKeysRequest>;
