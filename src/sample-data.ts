import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { CreateCustomerCommand } from './customers/index.js';
import { CreateProductCommand, ListProductsQuery } from './products/index.js';
import { UnitOfWork } from './shared/events/unit-of-work.js';
import { Actor } from './shared/tenancy/actor.js';
import { CreateTemplateCommand } from './templates/index.js';

/**
 * Something to issue from, for a tenant that has no product yet; made the way everything is made, in one transaction, with
 * its events. A start that was killed before this is made up for by the next one.
 */
export async function addSampleData(app: INestApplicationContext, tenantId: string): Promise<void> {
  const commands = app.get(CommandBus);
  const actor = Actor.service('bootstrap', tenantId);
  const products = await app.get(QueryBus).execute(new ListProductsQuery(actor, { limit: 1 }));
  if (products.data.length > 0) return;
  await app.get(UnitOfWork).run(tenantId, async () => {
    await commands.execute(
      new CreateProductCommand(actor, { product_id: 'ISP-PRO-001', name: 'ISP Professional', sku: 'ISP-PRO' }),
    );
    await commands.execute(
      new CreateTemplateCommand(actor, {
        template_id: 'professional-isp',
        template_name: 'Professional ISP License',
        product_id: 'ISP-PRO-001',
        license_type: 'SUBSCRIPTION',
        license_model: 'PER_SEAT',
        default_duration: 365,
        max_activations: 5,
        features: [{ feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' }],
        restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
        pricing: { monthly: 299, annual: 2990 },
      }),
    );
    await commands.execute(
      new CreateCustomerCommand(actor, { customer_id: 'customer-001', first_name: 'John', last_name: 'Doe' }),
    );
  });
}
