import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { toEntitlements } from '../../usage/index.js';
import { GetEntitlementsQuery } from './get-entitlements.query.js';

@QueryHandler(GetEntitlementsQuery)
export class GetEntitlementsHandler implements IQueryHandler<GetEntitlementsQuery> {
  execute({ evidence: { license, usage, now }, features }: GetEntitlementsQuery) {
    license.assertCan('use', now);
    const all = toEntitlements(license, usage, now);
    const entitlements = features ? all.filter(({ feature_id }) => features.includes(feature_id)) : all;
    return Promise.resolve({ license_id: license.licenseId, entitlements, server_time: now.toISOString() });
  }
}
