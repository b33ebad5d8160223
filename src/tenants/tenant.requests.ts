import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { pageParameters } from '../shared/http/paging.js';
import { integer } from '../shared/http/schema-messages.js';
import { FOREIGN_KEY_NORMALISATIONS } from '../shared/foreign-keys.js';
import { TENANT_ID } from '../shared/tenant-id.js';
import { UpdateEmailSettingsRequest } from './email-settings.js';
import { FULFILMENT_TRIGGERS } from './fulfilment-trigger.js';
import { TENANT_STATUSES } from './tenant.entity.js';

const TENANT_ID_RULE = 'must be 1 to 63 letters, digits, _ and -, beginning with a letter or digit';

export const TenantId = z
  .string()
  .regex(TENANT_ID, TENANT_ID_RULE)
  .meta({ examples: ['acme'] });

export const TenantStatus = z
  .enum(TENANT_STATUSES)
  .meta({ id: 'TenantStatus', description: 'SUSPENDED: all requests of the tenant are refused.' });
const requestsPerMinute = integer(1, 1_000_000)
  .nullable()
  .meta({ description: 'Limit over all keys of the tenant. Null: the default of the server.' });
const requireIfMatch = z.boolean().meta({ description: 'Require `If-Match` on changes (428 without it).' });

export const OrderFulfilmentAfter = z.enum(FULFILMENT_TRIGGERS).meta({
  description: 'What the fulfilment of an order waits for: its approval, or its payment in full.',
});

export const CustomersMustExist = z.boolean().meta({
  description: 'Refuse an unknown customer (404 CUSTOMER_NOT_FOUND). False: another system may keep the customers.',
});

export const FulfilOrdersAutomatically = z.boolean().meta({
  description:
    'Fulfil an order as soon as it is due. While it is true, changes of this setting and of `order_fulfilment_after` also require `orders:fulfil`, `licenses:issue`, `licenses:renew` and `licenses:change-template`.',
});

const allowShortKeys = z.boolean().meta({ description: 'Import license keys of 8 to 15 characters, too.' });

export const ForeignKeyNormalisation = z.enum(FOREIGN_KEY_NORMALISATIONS).meta({
  id: 'ForeignKeyNormalisation',
  description:
    'How imported license keys are compared: exactly, without white space around them (TRIM), or also without regard to case (UPPER_CASE). Fixed once there is an imported key.',
});

export const MAX_METADATA_FILTERS = 5;
export const METADATA_FILTER_KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;
const filterKey = z
  .string()
  .regex(METADATA_FILTER_KEY, 'must be 1 to 64 letters, digits and . _ -, not beginning with a dot');

export const MetadataFilters = z
  .array(filterKey)
  .max(MAX_METADATA_FILTERS)
  .refine((keys) => new Set(keys).size === keys.length, 'must not contain a key twice')
  .meta({
    description:
      'Metadata keys of licenses that the list of licenses can be filtered by, as `metadata.{key}`. At most 5.',
    examples: [['region']],
  });

export const CreateTenantRequest = z
  .strictObject({ tenant_id: TenantId, requests_per_minute: requestsPerMinute.default(null) })
  .meta({ id: 'CreateTenantRequest', examples: [{ tenant_id: 'acme' }] });
export type CreateTenantRequest = z.infer<typeof CreateTenantRequest>;

export const UpdateTenantRequest = z
  .strictObject({
    status: TenantStatus,
    requests_per_minute: requestsPerMinute,
    require_if_match: requireIfMatch,
    emails: UpdateEmailSettingsRequest,
    order_fulfilment_after: OrderFulfilmentAfter,
    customers_must_exist: CustomersMustExist,
    fulfil_orders_automatically: FulfilOrdersAutomatically,
    allow_short_keys: allowShortKeys,
    foreign_key_normalisation: ForeignKeyNormalisation,
    metadata_filters: MetadataFilters,
    reason: ActionReason,
  })
  .partial()
  .meta({ id: 'UpdateTenantRequest', examples: [{ requests_per_minute: 6000 }] });
export type UpdateTenantRequest = z.infer<typeof UpdateTenantRequest>;

export const ListTenantsRequest = z.strictObject(pageParameters);
export type ListTenantsRequest = z.infer<typeof ListTenantsRequest>;

/** Settings that a tenant changes itself. */
export const UpdateSettingsRequest = z
  .strictObject({
    require_if_match: requireIfMatch,
    emails: UpdateEmailSettingsRequest,
    order_fulfilment_after: OrderFulfilmentAfter,
    customers_must_exist: CustomersMustExist,
    fulfil_orders_automatically: FulfilOrdersAutomatically,
    allow_short_keys: allowShortKeys,
    foreign_key_normalisation: ForeignKeyNormalisation,
    metadata_filters: MetadataFilters,
  })
  .partial()
  .meta({
    id: 'UpdateSettingsRequest',
    examples: [{ require_if_match: false, emails: { sender_name: 'Example Software' } }],
  });
export type UpdateSettingsRequest = z.infer<typeof UpdateSettingsRequest>;
