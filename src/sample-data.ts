import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import { ActivateDeviceCommand, BlockDeviceCommand } from './activations/index.js';
import { CreateCustomerCommand, CreateCustomerNoteCommand } from './customers/index.js';
import { IssueLicenseCommand } from './licensing/index.js';
import { CancelEmailCommand, PutEmailTemplateCommand, SendEmailCommand } from './notifications/index.js';
import { RevocationListPublisher } from './offline/index.js';
import { CreateOrderCommand, CreateQuoteCommand } from './orders/index.js';
import {
  ApprovePartnerCommand,
  CreateInvitationCommand,
  CreateLicensePoolCommand,
  CreatePartnerCommand,
} from './partners/index.js';
import { CreateProductCommand, ListProductsQuery } from './products/index.js';
import { Clock } from './shared/time/clock.js';
import { UnitOfWork } from './shared/persistence/unit-of-work.js';
import { EXAMPLE_SEED, EXAMPLES } from './shared/examples.js';
import { Actor } from './shared/access/actor.js';
import { CreateSigningKeyCommand, RevokeSigningKeyCommand } from './signing/index.js';
import { CreateSubscriptionCommand, IngestBillingEventCommand } from './subscriptions/index.js';
import { CreateTemplateCommand } from './templates/index.js';
import { CreateApiKeyCommand } from './tenants/index.js';
import { ConsumeUsageCommand } from './usage/index.js';

/**
 * Creates all resources that the OpenAPI examples name, for a tenant without products, by commands in one transaction. If it is killed
 * before the commit, the next start repeats it.
 */
export async function addSampleData(app: INestApplicationContext, tenantId: string): Promise<void> {
  const actor = Actor.service('bootstrap', tenantId);
  const products = await app.get(QueryBus).execute(new ListProductsQuery(actor, { limit: 1 }));
  if (products.data.length > 0) return;
  // The tenant gets its own signing key first: none is created for a tenant whose only key is the revoked one below.
  await app.get(RevocationListPublisher).publish(tenantId);
  const commands = app.get(CommandBus);
  const now = app.get(Clock).now();
  await app.get(UnitOfWork).run(tenantId, async () => {
    for (const command of sampleCommands(actor, now)) await commands.execute(command);
  });
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

function sampleCommands(actor: Actor, now: Date): Command<unknown>[] {
  const { licenseId, licenseKey, activationId, fingerprint, featureId, customerId, productId, emailMessageId } =
    EXAMPLES;
  const features = [
    { feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' },
    {
      feature_id: featureId,
      feature_name: 'Exports',
      limit_value: 1_000,
      limit_type: 'COUNT',
      reset_period: 'MONTH',
    } as const,
  ];
  const sale = {
    customer_id: customerId,
    currency: 'EUR',
    lines: [{ kind: 'ISSUE', license_template_id: EXAMPLES.openTemplateId, unit_price: 99_000 } as const],
  };
  return [
    new CreateProductCommand(actor, { product_id: productId, name: 'ISP Professional', sku: 'ISP-PRO' }),
    new CreateTemplateCommand(actor, {
      template_id: EXAMPLES.templateId,
      template_name: 'Professional ISP License',
      product_id: productId,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 365,
      max_activations: 5,
      features: features.slice(0, 1),
      restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
      pricing: { monthly: 299, annual: 2990 },
    }),
    new CreateTemplateCommand(actor, {
      template_id: EXAMPLES.openTemplateId,
      template_name: 'Team License, yearly',
      product_id: productId,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 365,
      max_activations: 25,
      features,
      pricing: { annual: 990 },
    }),
    new CreateCustomerCommand(actor, { customer_id: customerId, first_name: 'John', last_name: 'Doe' }),
    new IssueLicenseCommand(
      actor,
      { license_template_id: EXAMPLES.openTemplateId, customer_id: customerId, metadata: { sample: true } },
      { identity: { licenseId, licenseKey } },
    ),
    new ActivateDeviceCommand(actor, licenseId, { fingerprint, name: 'Front desk' }, { activationId }),
    new BlockDeviceCommand(
      actor,
      licenseId,
      { fingerprint: EXAMPLES.blockedFingerprint, reason: { code: 'TERMS_VIOLATED', text: 'Ticket 4712' } },
      { blockedDeviceId: EXAMPLES.blockedDeviceId },
    ),
    new CreatePartnerCommand(
      actor,
      { name: 'Example Resellers', email: 'partner@example.com' },
      { partnerId: EXAMPLES.partnerId },
    ),
    new ApprovePartnerCommand(actor, EXAMPLES.partnerId, {}),
    new CreateLicensePoolCommand(
      actor,
      { partner_id: EXAMPLES.partnerId, license_template_id: EXAMPLES.openTemplateId, quantity: 100 },
      { poolId: EXAMPLES.poolId },
    ),
    // The code is discarded: the row serves to be read, sent again and withdrawn.
    new CreateInvitationCommand(actor, { partner_id: EXAMPLES.partnerId }, { invitationId: EXAMPLES.invitationId }),
    new CreateCustomerNoteCommand(
      actor,
      customerId,
      { text: 'Asked for a quote for 20 seats.' },
      { noteId: EXAMPLES.noteId },
    ),
    new ConsumeUsageCommand(actor, licenseId, { feature_id: featureId, amount: 41 }),
    new PutEmailTemplateCommand(actor, 'renewal_reminder', 'de', {
      subject: 'Ihre Lizenz für {{product_name}} endet am {{expiry_date}}',
      text: 'Ihre Lizenz für {{product_name}} endet am {{expiry_date}}.',
      html: '<p>Ihre Lizenz für {{product_name}} endet am {{expiry_date}}.</p>',
    }),
    // Cancelled in the transaction that queues it, so that no server sends it.
    new SendEmailCommand(
      actor,
      { template: 'renewal_reminder', license_id: licenseId, to: 'jane@example.com' },
      { emailMessageId },
    ),
    new CancelEmailCommand(actor, emailMessageId),
    new CreateSubscriptionCommand(actor, {
      subscription_id: EXAMPLES.subscriptionId,
      customer_id: customerId,
      template_id: EXAMPLES.openTemplateId,
    }),
    new IngestBillingEventCommand(actor, EXAMPLES.subscriptionId, {
      event_id: EXAMPLES.billingEventId,
      occurred_at: now.toISOString(),
      kind: 'activated',
      quantity: 25,
      period_end: new Date(now.getTime() + YEAR_MS).toISOString(),
    }),
    // The secret of this API key is discarded: the row serves to be read, rotated and revoked.
    new CreateApiKeyCommand(actor, { name: 'Sample', role: 'read-only' }, { keyId: EXAMPLES.apiKeyId }),
    new CreateSigningKeyCommand(actor, { seed: EXAMPLE_SEED }),
    new RevokeSigningKeyCommand(actor, EXAMPLES.kid),
    new CreateQuoteCommand(actor, { ...sale, valid_until: '2099-12-31T00:00:00Z' }, { quoteId: EXAMPLES.quoteId }),
    new CreateOrderCommand(actor, { ...sale, external_id: 'SO-4710' }, { orderId: EXAMPLES.orderId }),
  ];
}
