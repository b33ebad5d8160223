import { Injectable, Optional } from '@nestjs/common';
import { Config } from '../../config.js';
import { LicenseNotFoundError } from '../../licensing/index.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { lockTenant } from '../../shared/persistence/tenant-lock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { EMAIL_KINDS, type EmailTemplateName } from '../email-kinds.js';
import { EmailMessage, type EmailSubjects } from '../email-message.entity.js';
import {
  EmailLimitReachedError,
  EmailPartnerNotFoundError,
  EmailRecipientMissingError,
} from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { SendEmailRequest, type EmailVariables } from '../email-message.requests.js';
import { EmailMessageQueuedEvent } from '../events/email-message.events.js';
import { OrderConfirmations } from '../order-confirmations.js';
import { EmailComposer, type Composition } from './email-composer.js';

const HOUR_MS = 60 * 60 * 1000;

/** Where a message comes from, and its id, if that is not random. */
export interface EmailOrigin {
  readonly emailMessageId?: string | undefined;
  readonly resendOf?: string;
  readonly milestone?: string;
  readonly invitationId?: string | undefined;
}

/** Accepts messages: checks them, counts them against the limit of the tenant, and stores them in the transaction of the caller. */
@Injectable()
export class EmailIntake {
  constructor(
    private readonly composer: EmailComposer,
    private readonly messages: EmailMessageRepository,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly config: Config,
    @Optional() private readonly orders?: OrderConfirmations,
  ) {}

  /**
   * Throws ValidationError, PermissionDeniedError, LicenseNotFoundError, EmailPartnerNotFoundError, EmailRecipientMissingError,
   * EmailLimitReachedError.
   */
  async queue(
    transaction: Transaction,
    actor: Actor,
    given: SendEmailRequest,
    origin: EmailOrigin = {},
  ): Promise<EmailMessage> {
    assertNeeds(given);
    const request = await this.withOrder(actor, given);
    assertVariables(request.template, request.variables);
    const subjects = toSubjects(request, origin);
    const composition = await this.composer.compose(actor, subjects);
    assertSubjects(subjects, composition);
    assertKeyAllowed(actor, composition);
    const { recipient: to, license, language } = composition;
    if (to === null) throw new EmailRecipientMissingError();
    await this.assertWithinLimit(transaction);
    const now = this.clock.now();
    const message = EmailMessage.create(
      actor,
      origin.emailMessageId,
      {
        template: request.template,
        licenseId: subjects.licenseId,
        customerId: license?.customerId ?? subjects.customerId,
        partnerId: subjects.partnerId,
        orderId: subjects.orderId,
        invitationId: subjects.invitationId,
        content: { to, isExplicit: request.to !== undefined, language, variables: request.variables },
        resendOf: origin.resendOf ?? null,
        milestone: origin.milestone ?? null,
      },
      this.secrets,
      this.config.smtp === undefined ? 'SMTP_NOT_CONFIGURED' : null,
      now,
    );
    await this.messages.insert(message);
    transaction.record(new EmailMessageQueuedEvent(actor, now, message));
    return message;
  }

  /**
   * Fills in what a confirmation says about its order if the sender gave no values. The request stays as it was sent, for its idempotency key:
   * a sender that repeats it need not know what the names were.
   */
  private async withOrder(actor: Actor, request: SendEmailRequest): Promise<SendEmailRequest> {
    const { template, order_id: orderId, variables } = request;
    if (template !== 'order_confirmation' || orderId === undefined || Object.keys(variables).length > 0) return request;
    const confirmation = await this.orders?.find(actor, orderId);
    if (!confirmation) return request;
    const customer_id = request.customer_id ?? confirmation.customer_id;
    return validated(SendEmailRequest, { ...request, customer_id, variables: confirmation.variables });
  }

  /** Counts under the lock of the tenant, so that requests at once cannot exceed the limit. */
  private async assertWithinLimit(transaction: Transaction): Promise<void> {
    const limit = this.config.settings.EMAIL_LIMIT_PER_HOUR;
    await lockTenant(transaction);
    const now = this.clock.now().getTime();
    const last = await this.messages.createdAtOfLast(transaction, limit, new Date(now - HOUR_MS));
    if (last) throw new EmailLimitReachedError(limit, Math.max(1, Math.ceil((last.getTime() + HOUR_MS - now) / 1_000)));
  }
}

function toSubjects(
  { template, variables, language, ...request }: SendEmailRequest,
  { invitationId }: EmailOrigin,
): EmailSubjects {
  return {
    template,
    licenseId: request.license_id ?? null,
    customerId: request.customer_id ?? null,
    partnerId: request.partner_id ?? null,
    orderId: request.order_id ?? null,
    invitationId: invitationId ?? null,
    to: request.to,
    language,
    variables,
  };
}

function assertNeeds(request: SendEmailRequest): void {
  const { needs } = EMAIL_KINDS[request.template];
  if (request[needs] === undefined)
    throw new InvalidFieldError(`/${needs}`, `is required for the template ${request.template}`);
}

function assertVariables(template: EmailTemplateName, given: EmailVariables): void {
  const { variables } = EMAIL_KINDS[template];
  for (const [name, value] of Object.entries(given)) {
    const pointer = `/variables/${name}`;
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!variable?.given) throw new InvalidFieldError(pointer, `unknown variable of the template ${template}`);
    if (Array.isArray(value) !== (variable.fields !== undefined))
      throw new InvalidFieldError(pointer, variable.fields ? 'must be a list' : 'must be text');
    for (const field of Array.isArray(value) ? value.flatMap((item) => Object.keys(item)) : [])
      if (!variable.fields?.includes(field)) throw new InvalidFieldError(pointer, `unknown field: ${field}`);
  }
}

function assertSubjects({ licenseId, customerId, partnerId }: EmailSubjects, { license, partner }: Composition): void {
  if (licenseId !== null && license === null) throw new LicenseNotFoundError(licenseId);
  if (partnerId !== null && partner === null) throw new EmailPartnerNotFoundError(partnerId);
  if (license && customerId !== null && license.customerId !== customerId)
    throw new InvalidFieldError('/customer_id', 'must be the customer of the license');
}

/** A license key goes only to the address of the license's own customer or partner, and only for who may see it. */
function assertKeyAllowed(actor: Actor, { namesLicenseKey, license, recipient, keyRecipient }: Composition): void {
  if (!namesLicenseKey || license === null) return;
  if (!actor.may('licenses:reveal-key')) throw new PermissionDeniedError('licenses:reveal-key');
  if (keyRecipient === null) throw new EmailRecipientMissingError();
  if (!isSameAddress(recipient, keyRecipient))
    throw new InvalidFieldError(
      '/to',
      'must be the address of the customer or partner of the license, because the message contains the license key',
    );
}

export function isSameAddress(one: string | null, other: string | null): boolean {
  return one !== null && one.toLowerCase() === other?.toLowerCase();
}
