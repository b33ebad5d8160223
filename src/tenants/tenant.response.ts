import { z } from 'zod';
import {
  CustomersMustExist,
  ForeignKeyNormalisation,
  FulfilOrdersAutomatically,
  MetadataFilters,
  OrderFulfilmentAfter,
  TenantStatus,
} from './tenant.requests.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import { EmailSettings, toEmailSettings } from './email-settings.js';
import type { Tenant } from './tenant.entity.js';

export const TenantResponse = z
  .object({
    tenant_id: z.string(),
    status: TenantStatus,
    require_if_match: z.boolean(),
    requests_per_minute: z.int().nullable(),
    emails: EmailSettings,
    order_fulfilment_after: OrderFulfilmentAfter,
    customers_must_exist: CustomersMustExist,
    fulfil_orders_automatically: FulfilOrdersAutomatically,
    allow_short_keys: z.boolean(),
    foreign_key_normalisation: ForeignKeyNormalisation,
    metadata_filters: MetadataFilters,
    metadata_filters_pending: z.array(z.string()).meta({
      description: 'Keys that are being prepared or removed. Until then a filter by one answers 409 FILTER_NOT_READY.',
    }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Tenant', description: 'The tenant and its settings.' });
export type TenantResponse = z.infer<typeof TenantResponse>;

export const TenantPage = pageOf(TenantResponse).meta({ id: 'TenantPage' });
export type TenantPage = z.infer<typeof TenantPage>;

export function toTenantResponse(tenant: Tenant): TenantResponse {
  return {
    tenant_id: tenant.tenantId,
    status: tenant.status,
    require_if_match: tenant.requireIfMatch,
    requests_per_minute: tenant.requestsPerMinute,
    emails: toEmailSettings(tenant.emailSettings),
    order_fulfilment_after: tenant.orderFulfilmentAfter,
    customers_must_exist: tenant.customersMustExist,
    fulfil_orders_automatically: tenant.fulfilOrdersAutomatically,
    allow_short_keys: tenant.allowShortKeys,
    foreign_key_normalisation: tenant.foreignKeyNormalisation,
    metadata_filters: [...tenant.metadataFilters],
    metadata_filters_pending: [...tenant.metadataFiltersPending],
    version: tenant.version,
    created_at: tenant.createdAt.toISOString(),
    updated_at: tenant.updatedAt.toISOString(),
  };
}
