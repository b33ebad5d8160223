import type { QueryBus } from '@nestjs/cqrs';
import type { Actor } from '../shared/access/actor.js';
import { GetTenantQuery } from '../tenants/index.js';
import { GetCustomerQuery } from './queries/get-customer.query.js';

/** Throws CustomerNotFoundError for an unknown customer, where the tenant requires that customers exist. */
export async function assertCustomerAllowed(queries: QueryBus, actor: Actor, customerId: string): Promise<void> {
  const { customers_must_exist: mustExist } = await queries.execute(new GetTenantQuery(actor));
  if (mustExist) await queries.execute(new GetCustomerQuery(actor, customerId));
}
