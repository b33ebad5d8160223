import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus, QueryBus, type ICommand } from '@nestjs/cqrs';
import * as activations from '../../src/activations/index.js';
import { ActivateClientCommand, CheckOutClientCommand, ReplaceClientCommand } from '../../src/client-api/index.js';
import {
  CreateCustomerCommand,
  CreateCustomerNoteCommand,
  DeleteCustomerNoteCommand,
  ImportCustomersCommand,
  UpdateCustomerCommand,
} from '../../src/customers/index.js';
import * as licensing from '../../src/licensing/index.js';
import {
  CancelEmailCommand,
  DeleteEmailTemplateCommand,
  PutEmailTemplateCommand,
  ResendEmailCommand,
  SendEmailCommand,
} from '../../src/notifications/index.js';
import {
  CheckOutLicenseCommand,
  GetRevocationListQuery,
  PublishRevocationListCommand,
} from '../../src/offline/index.js';
import * as orders from '../../src/orders/index.js';
import * as partners from '../../src/partners/index.js';
import { CreateProductCommand, UpdateProductCommand } from '../../src/products/index.js';
import { CommittedCache } from '../../src/shared/persistence/committed-cache.js';
import { RecordEventsCommand } from '../../src/shared/messaging/record-events.command.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { newId } from '../../src/shared/random.js';
import { Actor, PlatformActor } from '../../src/shared/access/actor.js';
import { TENANT_PERMISSIONS } from '../../src/shared/access/permissions.js';
import { EndSessionCommand } from '../../src/sessions/index.js';
import * as signing from '../../src/signing/index.js';
import * as subscriptions from '../../src/subscriptions/index.js';
import { CreateTemplateCommand, DuplicateTemplateCommand, UpdateTemplateCommand } from '../../src/templates/index.js';
import * as tenants from '../../src/tenants/index.js';
import { ConsumeUsageCommand, CorrectUsageCommand, ReleaseUsageCommand } from '../../src/usage/index.js';
import { EvidenceCollector, type StoredEvidence } from '../../src/validation/index.js';
import {
  CancelWorkflowRunCommand,
  RetryWorkflowRunCommand,
  SignalWorkflowRunCommand,
  StartWorkflowCommand,
} from '../../src/workflows/index.js';
import { FinishWorkflowRunCommand } from '../../src/workflows/commands/finish-workflow-run.command.js';
import { MarkWorkflowRunCommand } from '../../src/workflows/commands/mark-workflow-run.command.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { IDLE_ENGINE, TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { findInMemory } from '../support/memory.js';

const ORIGIN = { ip: '127.0.0.1', country: undefined };
/** Values that only a command of this test can have made: ids, key ids, API keys and license keys. */
const MADE = /[0-9a-f]{8}-[0-9a-f-]{27}|\b[A-Za-z0-9_-]{43}\b|\b[0-9A-F]{4}(?:-[0-9A-F]{4}){4}\b/g;

/** Rows that exist before a command, and the text that the command brings in. */
interface Scene {
  readonly api: Api;
  readonly actor: Actor;
  readonly mark: string;
  readonly productId: string;
  readonly templateId: string;
  readonly partnerId: string;
  readonly pendingPartnerId: string;
  readonly suspendedPartnerId: string;
  readonly poolId: string;
  readonly invitation: Wire;
  readonly otherTemplateId: string;
  readonly customerId: string;
  readonly noteId: string;
  readonly license: Wire;
  readonly evidence: StoredEvidence;
  readonly blockedDeviceId: string;
  /** License whose only seat is taken. Its programs may replace a single device. */
  readonly full: Wire;
  readonly fullEvidence: StoredEvidence;
  /** Replacement that the refusal of the device `newcomer` allows. */
  readonly replacement: { readonly activation_id: string; readonly replacement_token: string };
  readonly sessionId: string;
  /** Headers of a page of that session. */
  readonly page: Record<string, string>;
  readonly trial: Wire;
  readonly suspended: Wire;
  readonly apiKey: Wire;
  readonly signingKey: Wire;
  readonly activeSigningKey: Wire;
  readonly email: Wire;
  readonly cancelledEmail: Wire;
  /** Subscription that is linked with a license of its own. */
  readonly subscriptionId: string;
  readonly subscribed: Wire;
  /** Subscription without a license. */
  readonly freeSubscriptionId: string;
  readonly orderId: string;
  readonly approvedOrderId: string;
  readonly fulfilledOrderId: string;
  readonly paidOrderId: string;
  readonly quoteId: string;
  readonly sentQuoteId: string;
  readonly runId: string;
  readonly stalledRunId: string;
}

const RUN = {
  workflow: 'lead-to-customer',
  input: { lead: { email: 'bob@example.com' }, license_template_id: 'any' },
};

type Case = (scene: Scene) => ICommand;
const refusal = (text: string) => ({ reason: { code: 'OTHER' as const, text } });
const lines = (...bodies: object[]) =>
  Readable.from(bodies.map((body, at) => ({ number: at + 1, text: JSON.stringify(body) })));
const callerOf = ({ actor, license, evidence }: Pick<Scene, 'actor' | 'license' | 'evidence'>) => ({
  actor: Actor.forLicenseKey(actor.tenantId, license.license_id as string),
  licenseId: license.license_id as string,
  apiKeyTenantId: undefined,
  suspended: false,
  evidence,
});
const callerOfFull = ({ actor, full, fullEvidence }: Scene) =>
  callerOf({ actor, license: full, evidence: fullEvidence });

const saleOf = ({ templateId, mark }: Scene) => ({
  customer_id: mark,
  currency: 'EUR',
  lines: [{ kind: 'ISSUE' as const, license_template_id: templateId, quantity: 2, unit_price: 4_711 }],
});

const CASES: Record<string, Case> = {
  AcceptQuoteCommand: ({ actor, sentQuoteId, mark }) =>
    new orders.AcceptQuoteCommand(actor, sentQuoteId, { external_id: mark }),
  AllotLicensesCommand: ({ actor, poolId }) => new partners.AllotLicensesCommand(actor, poolId, { quantity: 5 }),
  ApprovePartnerCommand: ({ actor, pendingPartnerId }) =>
    new partners.ApprovePartnerCommand(actor, pendingPartnerId, {}),
  CreateInvitationCommand: ({ actor, partnerId }) =>
    new partners.CreateInvitationCommand(actor, { partner_id: partnerId }),
  CreateLicensePoolCommand: ({ actor, partnerId, templateId }) =>
    new partners.CreateLicensePoolCommand(actor, {
      partner_id: partnerId,
      license_template_id: templateId,
      quantity: 3,
    }),
  CreatePartnerCommand: ({ actor, mark }) => new partners.CreatePartnerCommand(actor, { name: mark }),
  IssuePartnerLicenseCommand: ({ actor, partnerId, templateId }) =>
    new partners.IssuePartnerLicenseCommand(actor, partnerId, { license_template_id: templateId }),
  RedeemInvitationCommand: ({ invitation, mark }) =>
    new partners.RedeemInvitationCommand({ code: invitation.code as string, name: mark }),
  ReinstatePartnerCommand: ({ actor, suspendedPartnerId }) =>
    new partners.ReinstatePartnerCommand(actor, suspendedPartnerId, {}),
  ResendInvitationCommand: ({ actor, invitation }) =>
    new partners.ResendInvitationCommand(actor, invitation.invitation_id as string),
  SuspendPartnerCommand: ({ actor, partnerId }) =>
    new partners.SuspendPartnerCommand(actor, partnerId, { license_effect: 'KEEP', reason: { code: 'OTHER' } }),
  UpdateLicensePoolCommand: ({ actor, poolId }) =>
    new partners.UpdateLicensePoolCommand(actor, poolId, { returns_revoked: true }),
  UpdatePartnerCommand: ({ actor, partnerId, mark }) =>
    new partners.UpdatePartnerCommand(actor, partnerId, { name: mark }),
  WithdrawInvitationCommand: ({ actor, invitation }) =>
    new partners.WithdrawInvitationCommand(actor, invitation.invitation_id as string),
  ActivateClientCommand: (scene) =>
    new ActivateClientCommand(
      callerOf(scene),
      { license_key: scene.license.license_key as string, fingerprint: scene.mark },
      ORIGIN,
      {},
    ),
  ActivateDeviceCommand: ({ actor, license, mark }) =>
    new activations.ActivateDeviceCommand(actor, license.license_id as string, { fingerprint: mark }),
  ActivateSigningKeyCommand: ({ actor, signingKey }) =>
    new signing.ActivateSigningKeyCommand(actor, signingKey.kid as string),
  ApproveOrderCommand: ({ actor, orderId, mark }) => new orders.ApproveOrderCommand(actor, orderId, refusal(mark)),
  BatchChangeLicensesCommand: ({ actor, license, mark }) =>
    new licensing.BatchChangeLicensesCommand(
      actor,
      'suspend',
      lines({ license_id: license.license_id as string, ...refusal(mark) }),
    ),
  BatchIssueLicensesCommand: ({ actor, templateId, mark }) =>
    new licensing.BatchIssueLicensesCommand(
      actor,
      lines(
        { license_template_id: templateId, customer_id: mark },
        { license_template_id: templateId, customer_id: 'c' },
      ),
    ),
  BlockDeviceCommand: ({ actor, license, mark }) =>
    new activations.BlockDeviceCommand(actor, license.license_id as string, {
      fingerprint: 'device',
      ...refusal(mark),
    }),
  CancelEmailCommand: ({ actor, email }) => new CancelEmailCommand(actor, email.email_message_id as string),
  CancelOrderCommand: ({ actor, fulfilledOrderId, mark }) =>
    new orders.CancelOrderCommand(actor, fulfilledOrderId, { licenses: 'REVOKE', ...refusal(mark) }),
  ChangeLicenseTemplateCommand: ({ actor, license, otherTemplateId, mark }) =>
    new licensing.ChangeLicenseTemplateCommand(actor, license.license_id as string, {
      license_template_id: otherTemplateId,
      ...refusal(mark),
    }),
  CheckOutClientCommand: (scene) =>
    new CheckOutClientCommand(
      callerOf(scene),
      { license_key: scene.license.license_key as string, fingerprint: scene.mark, ttl_seconds: 600 },
      ORIGIN,
      {},
    ),
  CheckOutLicenseCommand: ({ actor, license, mark }) =>
    new CheckOutLicenseCommand(actor, license.license_id as string, { fingerprint: mark, ttl_seconds: 600 }),
  ConsumeUsageCommand: ({ actor, license }) =>
    new ConsumeUsageCommand(actor, license.license_id as string, { feature_id: 'calls', amount: 3 }),
  ConvertTrialCommand: ({ actor, trial, mark }) =>
    new licensing.ConvertTrialCommand(actor, trial.license_id as string, refusal(mark)),
  CorrectUsageCommand: ({ actor, license, mark }) =>
    new CorrectUsageCommand(actor, license.license_id as string, {
      feature_id: 'calls',
      used: 47,
      ...refusal(mark),
    }),
  CreateApiKeyCommand: ({ actor, mark }) =>
    new tenants.CreateApiKeyCommand(actor, { name: mark, permissions: ['licenses:read'] }),
  CreateCustomerCommand: ({ actor, mark }) =>
    new CreateCustomerCommand(actor, { customer_id: mark, first_name: `Eve ${mark}` }),
  CreateOrderCommand: (scene) =>
    new orders.CreateOrderCommand(scene.actor, { ...saleOf(scene), external_id: scene.mark }),
  CreateProductCommand: ({ actor, mark }) => new CreateProductCommand(actor, { product_id: mark, name: mark }),
  CreateQuoteCommand: (scene) =>
    new orders.CreateQuoteCommand(scene.actor, { ...saleOf(scene), valid_until: '2099-01-01T00:00:00Z' }),
  CreateSigningKeyCommand: ({ actor }) => new signing.CreateSigningKeyCommand(actor),
  CreateSubscriptionCommand: ({ actor, customerId, templateId, mark }) =>
    new subscriptions.CreateSubscriptionCommand(actor, {
      subscription_id: mark,
      customer_id: customerId,
      template_id: templateId,
    }),
  CreateTemplateCommand: ({ actor, productId, mark }) =>
    new CreateTemplateCommand(actor, {
      template_id: mark,
      template_name: mark,
      product_id: productId,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
    }),
  CreateTenantCommand: ({ mark }) =>
    new tenants.CreateTenantCommand(
      new PlatformActor({ type: 'platform_key', id: 'test', via: 'bus' }, new Set(TENANT_PERMISSIONS)),
      { tenant_id: mark },
    ),
  DeactivateDeviceCommand: ({ actor, license }) =>
    new activations.DeactivateDeviceCommand(actor, license.license_id as string, { fingerprint: 'device' }),
  DeleteEmailTemplateCommand: ({ actor }) => new DeleteEmailTemplateCommand(actor, 'trial_ending', 'de'),
  DeclineQuoteCommand: ({ actor, sentQuoteId, mark }) =>
    new orders.DeclineQuoteCommand(actor, sentQuoteId, refusal(mark)),
  DuplicateTemplateCommand: ({ actor, templateId, mark }) =>
    new DuplicateTemplateCommand(actor, templateId, { template_id: mark, template_name: mark }),
  EndSessionCommand: ({ actor, sessionId }) => new EndSessionCommand(actor, sessionId),
  FollowSubscriptionCommand: ({ actor, subscribed, subscriptionId, templateId }) =>
    new licensing.FollowSubscriptionCommand(actor, subscribed.license_id as string, {
      terms: {
        subscription_id: subscriptionId,
        template: { id: templateId, changes: 0 },
        seats: { count: 4711, changes: 1 },
        ...{ paid_until: '2099-01-01T00:00:00.000Z', ends_at: null, holds: ['x'] },
      },
      applied: null,
    }),
  FulfilOrderCommand: ({ actor, approvedOrderId }) => new orders.FulfilOrderCommand(actor, approvedOrderId, {}),
  HeartbeatCommand: ({ actor, license }) =>
    new activations.HeartbeatCommand(actor, license.license_id as string, 'device'),
  ImportCustomersCommand: ({ actor, mark }) =>
    new ImportCustomersCommand(actor, [{ customer_id: mark, first_name: mark }]),
  ImportLicensesCommand: ({ actor, templateId, mark }) => {
    const line = {
      license_template_id: templateId,
      external_id: mark,
      customer: { customer_id: mark, first_name: mark },
      devices: [{ fingerprint: mark }],
    };
    return new licensing.ImportLicensesCommand(actor, Readable.from([{ number: 1, value: line }]));
  },
  IngestBillingEventCommand: ({ actor, subscriptionId, mark }) =>
    new subscriptions.IngestBillingEventCommand(actor, subscriptionId, {
      event_id: mark,
      occurred_at: '2025-01-01T00:00:00Z',
      kind: 'quantity_changed',
      quantity: 4711,
    }),
  IssueLicenseCommand: ({ actor, templateId, mark }) =>
    new licensing.IssueLicenseCommand(actor, { license_template_id: templateId, customer_id: mark }),
  IssueLicensesCommand: ({ actor, templateId, mark }) =>
    new licensing.IssueLicensesCommand(actor, [
      { request: { license_template_id: templateId, customer_id: mark }, origin: { orderId: newId() } },
    ]),
  LinkLicenseCommand: ({ actor, license, freeSubscriptionId }) =>
    new subscriptions.LinkLicenseCommand(actor, freeSubscriptionId, { license_id: license.license_id as string }),
  LinkSubscriptionCommand: ({ actor, license }) =>
    new licensing.LinkSubscriptionCommand(actor, license.license_id as string, { subscription_id: newId() }),
  PublishRevocationListCommand: ({ actor }) => new PublishRevocationListCommand(actor),
  RecordPaymentCommand: ({ actor, orderId, mark }) =>
    new orders.RecordPaymentCommand(actor, orderId, { amount: 1, reference: mark }),
  RefundOrderCommand: ({ actor, paidOrderId, mark }) =>
    new orders.RefundOrderCommand(actor, paidOrderId, { licenses: 'SUSPEND', ...refusal(mark) }),
  ReinstateLicenseCommand: ({ actor, suspended, mark }) =>
    new licensing.ReinstateLicenseCommand(actor, suspended.license_id as string, refusal(mark)),
  ReleaseUsageCommand: ({ actor, license }) =>
    new ReleaseUsageCommand(actor, license.license_id as string, { feature_id: 'calls', amount: 1 }),
  ReplaceClientCommand: (scene) =>
    new ReplaceClientCommand(
      callerOfFull(scene),
      {
        license_key: scene.full.license_key as string,
        fingerprint: 'newcomer',
        name: scene.mark,
        ...scene.replacement,
      },
      ORIGIN,
      {},
    ),
  ReplaceDeviceCommand: (scene) =>
    new activations.ReplaceDeviceCommand(
      callerOfFull(scene).actor,
      scene.full.license_id as string,
      { fingerprint: 'newcomer', name: scene.mark },
      scene.replacement,
    ),
  ResetActivationsCommand: ({ actor, license, mark }) =>
    new activations.ResetActivationsCommand(actor, license.license_id as string, {}, refusal(mark)),
  PutEmailTemplateCommand: ({ actor, mark }) =>
    new PutEmailTemplateCommand(actor, 'trial_ending', 'de', { subject: mark, text: mark, html: mark }),
  RenewLicenseCommand: ({ actor, license, mark }) =>
    new licensing.RenewLicenseCommand(actor, license.license_id as string, { months: 1, ...refusal(mark) }),
  ResendEmailCommand: ({ actor, cancelledEmail }) =>
    new ResendEmailCommand(actor, cancelledEmail.email_message_id as string),
  RetireSigningKeyCommand: ({ actor, activeSigningKey }) =>
    new signing.RetireSigningKeyCommand(actor, activeSigningKey.kid as string, { force: true }),
  RevealLicenseKeyCommand: ({ actor, license }) =>
    new licensing.RevealLicenseKeyCommand(actor, license.license_id as string),
  RevokeApiKeyCommand: ({ actor, apiKey }) => new tenants.RevokeApiKeyCommand(actor, apiKey.id as string),
  RevokeLicenseCommand: ({ actor, license, mark }) =>
    new licensing.RevokeLicenseCommand(actor, license.license_id as string, refusal(mark)),
  RevokeSigningKeyCommand: ({ actor, signingKey }) =>
    new signing.RevokeSigningKeyCommand(actor, signingKey.kid as string),
  RotateApiKeyCommand: ({ actor, apiKey }) =>
    new tenants.RotateApiKeyCommand(actor, apiKey.id as string, { overlap_seconds: 60 }),
  RotateLicenseKeyCommand: ({ actor, license, mark }) =>
    new licensing.RotateLicenseKeyCommand(actor, license.license_id as string, refusal(mark)),
  SendEmailCommand: ({ actor, license, mark }) =>
    new SendEmailCommand(actor, {
      template: 'renewal_reminder',
      license_id: license.license_id as string,
      to: `${mark}@example.com`,
    }),
  SendQuoteCommand: ({ actor, quoteId }) => new orders.SendQuoteCommand(actor, quoteId, {}),
  SignDocumentCommand: ({ actor, mark }) => {
    const issuedAt = new Date();
    const expiresAt = new Date(issuedAt.getTime() + 60_000);
    return new signing.SignDocumentCommand(actor, { type: 'license', issuedAt, expiresAt, content: { mark } });
  },
  SuspendLicenseCommand: ({ actor, license, mark }) =>
    new licensing.SuspendLicenseCommand(actor, license.license_id as string, refusal(mark)),
  TransferLicenseCommand: ({ actor, license, mark }) =>
    new licensing.TransferLicenseCommand(actor, license.license_id as string, { customer_id: mark, issued_to: mark }),
  CreateCustomerNoteCommand: ({ actor, customerId, mark }) =>
    new CreateCustomerNoteCommand(actor, customerId, { text: mark }),
  DeleteCustomerNoteCommand: ({ actor, customerId, noteId }) =>
    new DeleteCustomerNoteCommand(actor, customerId, noteId),
  UnblockDeviceCommand: ({ actor, license, blockedDeviceId }) =>
    new activations.UnblockDeviceCommand(actor, license.license_id as string, blockedDeviceId),
  UnlinkLicenseCommand: ({ actor, subscriptionId }) => new subscriptions.UnlinkLicenseCommand(actor, subscriptionId),
  UpdateCustomerCommand: ({ actor, customerId, mark }) =>
    new UpdateCustomerCommand(actor, customerId, { first_name: mark }),
  UpdateLicenseCommand: ({ actor, license, mark }) =>
    new licensing.UpdateLicenseCommand(actor, license.license_id as string, { issued_to: mark, max_activations: 99 }),
  UpdateOrderCommand: (scene) => new orders.UpdateOrderCommand(scene.actor, scene.orderId, saleOf(scene)),
  UpdateQuoteCommand: (scene) => new orders.UpdateQuoteCommand(scene.actor, scene.quoteId, saleOf(scene)),
  UpdateProductCommand: ({ actor, productId, mark }) => new UpdateProductCommand(actor, productId, { name: mark }),
  UpdateSubscriptionCommand: ({ actor, subscriptionId, mark }) =>
    new subscriptions.UpdateSubscriptionCommand(actor, subscriptionId, { quantity: 4711, metadata: { mark } }),
  UpdateTemplateCommand: ({ actor, templateId, mark }) =>
    new UpdateTemplateCommand(actor, templateId, { template_name: mark, max_activations: 99 }),
  CancelWorkflowRunCommand: ({ actor, runId }) => new CancelWorkflowRunCommand(actor, runId),
  FindLicensesCommand: ({ actor, license }) =>
    new licensing.FindLicensesCommand(actor, { license_key: license.license_key as string }),
  FinishWorkflowRunCommand: ({ actor, runId, mark }) =>
    new FinishWorkflowRunCommand(actor, runId, { state: 'COMPLETED', result: { license_id: mark } }),
  MarkWorkflowRunCommand: ({ actor, runId, mark }) =>
    new MarkWorkflowRunCommand(actor, runId, { state: 'STALLED', step: mark, error: { code: 'NO', message: mark } }),
  RetryWorkflowRunCommand: ({ actor, stalledRunId }) => new RetryWorkflowRunCommand(actor, stalledRunId),
  SignalWorkflowRunCommand: ({ actor, runId }) => new SignalWorkflowRunCommand(actor, runId, 'approved'),
  StartWorkflowCommand: ({ actor, mark }) => new StartWorkflowCommand(actor, { ...RUN, run_id: mark }),
  UpdateTenantCommand: ({ actor }) => new tenants.UpdateTenantCommand(actor, { requests_per_minute: 4711 }),
};

/** The command moves committed events for all callers at once, and so is refused inside a unit of work. */
const NOT_IN_A_UNIT_OF_WORK = ['RecordEventsCommand'];

class RollBack extends Error {}

describe('a unit of work that is rolled back', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000', ...IDLE_ENGINE },
    });
    commands = app.nest.get(CommandBus);
    queries = app.nest.get(QueryBus);
    unitOfWork = app.nest.get(UnitOfWork);
  });

  afterAll(() => app.stop());

  const prepare = async (): Promise<Scene> => {
    const api = await app.tenant();
    const mark = `mark-${unique()}`;
    const actor = Actor.service('test', api.tenantId);
    const features = [{ feature_id: 'calls', feature_name: 'Calls', limit_value: 100, limit_type: 'COUNT' }];
    const seats = {
      license_type: 'CONCURRENT',
      max_activations: 5,
      heartbeat_interval_seconds: 600,
      features,
      trial_allowed: true,
      trial_duration_days: 14,
    };
    const templateId = await api.template(seats);
    const { product_id: productId } = (await api.get(`/v1/license-templates/${templateId}`)).body;
    const other = await api.create('/v1/license-templates', {
      ...seats,
      template_name: `Template ${unique()}`,
      product_id: productId as string,
      license_model: 'PER_SEAT',
    });
    const customerId = `customer-${unique()}`;
    await api.create('/v1/customers', { customer_id: customerId, first_name: 'Bob' });
    const note = await api.create(`/v1/customers/${customerId}/notes`, { text: 'A note' });
    const license = await api.issue(templateId, { customer_id: customerId });
    await api.post(`/v1/licenses/${license.license_id}/activations`, { fingerprint: 'device' });
    await commands.execute(
      new ConsumeUsageCommand(actor, license.license_id as string, { feature_id: 'calls', amount: 5 }),
    );
    const evidenceOf = async (licenseKey: string) => {
      const evidence = await app.nest.get(EvidenceCollector).findByLicenseKey(licenseKey, {});
      if (!evidence) throw new Error('The license was not found.');
      return evidence;
    };
    const block = { fingerprint: 'blocked', ...refusal('x') };
    const blocked = (await api.post(`/v1/licenses/${license.license_id}/blocked-devices`, block)).body;
    const singleSeat = await api.template({
      max_activations: 1,
      self_service_replacement: true,
      deactivations_per_period: { limit: 1, period: 'MONTH' },
    });
    const full = await api.issue(singleSeat, { customer_id: customerId });
    const activate = async (fingerprint: string): Promise<Wire> => {
      const program = { license_key: full.license_key as string, fingerprint };
      return (await app.anonymous().post('/v1/client/activate', program)).body;
    };
    const { activation_id } = await activate('device');
    const { replacement_token } = await activate('newcomer');
    const signedIn = await app
      .anonymous()
      .send('post', '/auth/session', { api_key: api.key ?? '' }, { 'Sec-Fetch-Site': 'same-origin' });
    const [cookie = ''] = signedIn.get('Set-Cookie') ?? [];
    const trial = await api.issue(templateId, { customer_id: customerId, trial: true });
    const suspended = await api.issue(templateId, { customer_id: customerId });
    await api.post(`/v1/licenses/${suspended.license_id}/suspend`, refusal('x'));
    const subscribe = async () => {
      const subscription = { customer_id: customerId, template_id: templateId };
      return (await api.create('/v1/subscriptions', subscription)).subscription_id as string;
    };
    const [subscriptionId, freeSubscriptionId] = [await subscribe(), await subscribe()];
    const subscribed = await api.issue(templateId, { customer_id: customerId });
    await api.post(`/v1/subscriptions/${subscriptionId}/link`, { license_id: subscribed.license_id as string });
    const apiKey = await api.create('/v1/api-keys', { name: 'key', permissions: ['licenses:read'] });
    await commands.execute(new PublishRevocationListCommand(actor));
    const activeSigningKey = await api.create('/v1/signing-keys', {});
    await api.post(`/v1/signing-keys/${activeSigningKey.kid}/activate`);
    const signingKey = await api.create('/v1/signing-keys', {});
    const message = { template: 'renewal_reminder', license_id: license.license_id as string, to: 'bob@example.com' };
    const email = await api.create('/v1/email-messages', message);
    await api.send('put', '/v1/email-templates/trial_ending/de', { subject: 'a', text: 'a', html: 'a' });
    const cancelledEmail = await api.create('/v1/email-messages', message);
    await api.post(`/v1/email-messages/${cancelledEmail.email_message_id}/cancel`);
    const runId = `run-${unique()}`;
    const stalledRunId = `run-${unique()}`;
    for (const run_id of [runId, stalledRunId]) await api.post('/v1/workflow-runs', { ...RUN, run_id });
    await app.database.query(`UPDATE workflow_runs SET state = 'STALLED' WHERE run_id = $1`, [stalledRunId]);
    const sale = saleOf({ templateId, mark: customerId } as Scene);
    const quote = { ...sale, valid_until: '2099-01-01T00:00:00Z' };
    const quoteIn = async (...actions: readonly string[]) => {
      const { quote_id } = await api.create('/v1/quotes', quote);
      for (const action of actions) await api.post(`/v1/quotes/${quote_id}/${action}`);
      return quote_id as string;
    };
    const orderIn = async (...actions: readonly string[]) => {
      const { order_id } = await api.create('/v1/orders', sale);
      for (const action of actions) await api.post(`/v1/orders/${order_id}/${action}`);
      return order_id as string;
    };
    const sales = {
      quoteId: await quoteIn(),
      sentQuoteId: await quoteIn('send'),
      orderId: await orderIn(),
      approvedOrderId: await orderIn('approve'),
      fulfilledOrderId: await orderIn('approve', 'fulfil'),
      paidOrderId: await orderIn('record-payment', 'approve', 'fulfil'),
    };
    const partnerIn = async (...actions: readonly (readonly [string, Wire])[]) => {
      const { partner_id } = await api.create('/v1/partners', { name: 'Partner' });
      for (const [action, body] of actions) await api.post(`/v1/partners/${partner_id}/${action}`, body);
      return partner_id as string;
    };
    const suspension = ['suspend', { license_effect: 'KEEP', reason: { code: 'OTHER' } }] as const;
    const partnerId = await partnerIn(['approve', {}]);
    const pool = { partner_id: partnerId, license_template_id: templateId, quantity: 2 };
    const common = {
      ...sales,
      runId,
      stalledRunId,
      partnerId,
      pendingPartnerId: await partnerIn(),
      suspendedPartnerId: await partnerIn(['approve', {}], suspension),
      poolId: (await api.create('/v1/license-pools', pool)).pool_id as string,
      invitation: await api.create('/v1/partner-invitations', { partner_id: partnerId }),
      api,
      actor,
      mark,
      productId: productId as string,
      templateId,
      customerId,
      noteId: note.note_id as string,
      license,
      evidence: await evidenceOf(license.license_key as string),
      blockedDeviceId: blocked.blocked_device_id as string,
      full,
      fullEvidence: await evidenceOf(full.license_key as string),
      replacement: { activation_id: activation_id as string, replacement_token: replacement_token as string },
      sessionId: signedIn.body.session_id as string,
      page: { 'Sec-Fetch-Site': 'same-origin', Cookie: cookie.split(';')[0] ?? '' },
      trial,
      email,
      cancelledEmail,
    };
    const ofSubscriptions = { subscriptionId, freeSubscriptionId, subscribed };
    return {
      ...common,
      ...ofSubscriptions,
      otherTemplateId: other.template_id as string,
      suspended,
      apiKey,
      signingKey,
      activeSigningKey,
    };
  };

  /** Scene that the last command has left as it was: the next one gets it with a mark of its own. A failed test leaves none. */
  let unchanged: Scene | undefined;

  /** All that a caller can see, once the events that there are have reached the log. */
  const visible = async (scene: Scene): Promise<Wire[]> => {
    const { api, license, apiKey, mark } = scene;
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const lists = [
      'products',
      'license-templates',
      'customers',
      'licenses',
      'api-keys',
      'signing-keys',
      'email-messages',
      'subscriptions',
      'email-templates',
      'orders',
      'quotes',
      'workflow-runs',
      'partners',
      'license-pools',
      'partner-invitations',
      'sessions',
      ...['activations', 'blocked-devices', 'usage'].map((list) => `licenses/${license.license_id}/${list}`),
      `licenses/${scene.full.license_id}/activations`,
    ];
    const paths = [...lists, 'license-events', 'settings'].map((path) => `/v1/${path}`);
    const client = `/v1/client/${api.tenantId}`;
    const bodies = await Promise.all(
      [
        ...paths,
        ...[license, scene.full, scene.trial, scene.suspended, scene.subscribed].map(
          ({ license_id }) => `/v1/licenses/${license_id}`,
        ),
        ...[scene.orderId, scene.approvedOrderId, scene.fulfilledOrderId, scene.paidOrderId].map(
          (id) => `/v1/orders/${id}`,
        ),
        ...[scene.quoteId, scene.sentQuoteId].map((id) => `/v1/quotes/${id}`),
        `/v1/customers/${mark}`,
        `${client}/jwks.json`,
        `${client}/revocations`,
      ].map(async (path) => (await api.get(path)).body),
    );
    const withKey = await app.bearer(api.tenantId, apiKey.api_key as string).get('/v1/licenses?limit=1');
    const question = { license_key: license.license_key as string, fingerprint: 'device' };
    const validation = (await api.post('/v1/client/validate', question)).body;
    const ofPage = await app.anonymous().send('get', '/auth/session', undefined, scene.page);
    return [...bodies, validation, withKey.status, ofPage.status].map(withoutTimesOfUse);
  };

  const issued = async ({ api, templateId, customerId }: Scene) => {
    const { issued_to, max_activations, template_version, product_name } = await api.issue(templateId, {
      customer_id: customerId,
    });
    return { issued_to, max_activations, template_version, product_name };
  };

  /** Sends all that reads rows which a command may have changed, and might keep them. */
  const readAll = async ({ actor, mark, templateId, customerId, license }: Scene) => {
    const order = { license_template_id: templateId, customer_id: mark };
    await commands.execute(new licensing.IssueLicenseCommand(actor, order)).catch(() => undefined);
    await commands.execute(new licensing.IssueLicenseCommand(actor, { ...order, customer_id: customerId }));
    await queries.execute(new licensing.GetLicenseQuery(actor, license.license_id as string));
    await queries.execute(new licensing.FindLicenseQuery(actor, license.license_id as string));
    await queries.execute(new GetRevocationListQuery(actor.tenantId));
    await queries.execute(new signing.GetKeySetQuery(actor.tenantId));
    await queries.execute(new tenants.GetTenantQuery(actor));
  };

  it.each(Object.entries(CASES))('leaves no trace of %s, in memory or in any answer', async (name, make) => {
    const scene = { ...(unchanged ?? (await prepare())), mark: `mark-${unique()}` };
    unchanged = undefined;
    const terms = await issued(scene);
    const before = await visible(scene);
    const known = JSON.stringify(before);
    const command = make(scene);
    const tenantId = name === 'CreateTenantCommand' ? scene.mark : scene.api.tenantId;
    let result = '';
    const work = unitOfWork.run(tenantId, async () => {
      const answer: unknown = await commands.execute(command);
      const outcomes = isIterable(answer) ? await collect(answer) : answer;
      result = JSON.stringify(outcomes ?? null);
      if (isIterable(answer)) expect(result).not.toContain('"error"');
      if (tenantId !== scene.mark) await readAll(scene);
      throw new RollBack();
    });
    await expect(work).rejects.toThrow(RollBack);
    const made = [...result.matchAll(MADE)].map(([text]) => text).filter((text) => !known.includes(text));
    expect(findInMemory(app.nest, scene.mark, ...made)).toEqual([]);
    expect(await visible(scene)).toEqual(before);
    expect(await issued(scene)).toEqual(terms);
    unchanged = scene;
  });

  it('is tried with every command of the bus', async () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.command.ts'),
    );
    const handled: string[] = [];
    for (const file of files) {
      const classes = Object.values(
        (await import(`../../src/${file.replace(/ts$/, 'js')}`)) as Record<string, unknown>,
      );
      for (const type of classes)
        if (typeof type === 'function' && Reflect.hasOwnMetadata('__command__', type)) handled.push(type.name);
    }
    expect(handled.length).toBeGreaterThan(30);
    expect(handled.sort()).toEqual([...Object.keys(CASES), ...NOT_IN_A_UNIT_OF_WORK].sort());
  });

  it('is no place to record events for the whole process', async () => {
    const { tenantId } = await app.tenant();
    const work = unitOfWork.run(tenantId, () => commands.execute(new RecordEventsCommand(tenantId, [])));
    await expect(work).rejects.toThrow('after the unit of work');
  });

  it('would be found in memory by this search, if it were there', async () => {
    const scene = await prepare();
    const { api } = scene;
    await api.create('/v1/customers', { customer_id: scene.mark, first_name: scene.mark });
    await api.issue(scene.templateId, { customer_id: scene.mark });
    expect(findInMemory(app.nest, scene.mark).join()).toContain('IssuanceTermsCache.customers.values');
  });

  describe('and a cache of committed rows', () => {
    const make = () => new CommittedCache<{ readonly is: string }>(unitOfWork, { max: 10, ttl: 60_000 });
    const put = (cache: ReturnType<typeof make>, is: string) => cache.beginFill().put('row', { is });
    const inUnit = (work: () => void, commit: boolean) =>
      unitOfWork
        .run('tenant', async () => {
          await Promise.resolve();
          work();
          if (!commit) throw new RollBack();
        })
        .catch((error: unknown) => {
          if (!(error instanceof RollBack)) throw error;
        });

    it.each([true, false])('that is empty inside, and takes nothing from there: committed %s', async (commit) => {
      const cache = make();
      put(cache, 'before');
      let late = cache.beginFill();
      await inUnit(() => {
        expect(cache.get('row')).toBeUndefined();
        put(cache, 'inside');
        late = cache.beginFill();
      }, commit);
      late.put('row', { is: 'late' });
      expect(cache.get('row')).toEqual({ is: 'before' });
    });

    it.each([true, false])(
      'that is invalidated inside when that has ended, not before: committed %s',
      async (commit) => {
        const cache = make();
        put(cache, 'before');
        const during = cache.beginFill();
        await inUnit(() => {
          cache.invalidate(['row']);
          during.put('row', { is: 'during' });
        }, commit);
        expect(cache.get('row')).toBeUndefined();
      },
    );

    it('that was invalidated takes nothing from a read that began before', () => {
      const cache = make();
      const began = cache.beginFill();
      cache.invalidate(['another row']);
      began.put('row', { is: 'old' });
      expect(cache.get('row')).toBeUndefined();
      put(cache, 'new');
      cache.invalidate([]);
      expect(cache.get('row')).toEqual({ is: 'new' });
      cache.invalidate();
      expect(cache.get('row')).toBeUndefined();
    });
  });

  it('keeps an API key that was revoked in it, and one that is committed ends the key at once', async () => {
    const { api, apiKey, actor } = await prepare();
    const holder = app.bearer(api.tenantId, apiKey.api_key as string);
    const status = async () => (await holder.get('/v1/licenses?limit=1')).status;
    const revoke = (commit: boolean) =>
      unitOfWork.run(api.tenantId, async () => {
        await commands.execute(new tenants.RevokeApiKeyCommand(actor, apiKey.id as string));
        // The key is read while the revocation is not committed.
        expect(await status()).toBe(200);
        if (!commit) throw new RollBack();
      });
    await expect(revoke(false)).rejects.toThrow(RollBack);
    expect(await status()).toBe(200);
    await revoke(true);
    expect(await status()).toBe(401);
  });
});

/** Without what differs between two answers that say the same. A cursor is sealed anew each time. */
function withoutTimesOfUse(body: Wire): Wire {
  return JSON.parse(
    JSON.stringify(body).replace(
      /"(last_used_at|last_seen_at|server_time|instance|next_cursor)":("[^"]*"|null)/g,
      '"$1":0',
    ),
  );
}

function isIterable(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}
