import { Injectable, Optional } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Config, type Mailbox } from '../../config.js';
import { CustomerNotFoundError, GetCustomerQuery, type CustomerResponse } from '../../customers/index.js';
import { FindLicenseQuery, maxActivationsOf, type License } from '../../licensing/index.js';
import { Actor } from '../../shared/access/actor.js';
import { Clock } from '../../shared/time/clock.js';
import { GetTenantQuery } from '../../tenants/index.js';
import type { EmailTexts } from '../built-in-templates.js';
import { DEFAULT_LANGUAGE, LICENSE_KEY } from '../email-kinds.js';
import type { EmailSubjects } from '../email-message.entity.js';
import { renderTexts, variablesOfTexts } from '../email-texts.js';
import { PartnerContacts, type PartnerContact } from '../partner-contacts.js';
import type { TemplateView } from '../template-text.js';
import { EmailTextFinder } from './email-text-finder.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Path under PUBLIC_URL at which a partner redeems its invitation; the code is in the fragment, which no server logs. */
const INVITATION_PATH = '/partner-invitation';
/** Variables that need the setting PUBLIC_URL. */
const LINKS = ['public_url', 'invitation_link'];

/** Secret values, which exist while a message is composed to be sent. */
export interface EmailSecrets {
  readonly license_key?: string;
  readonly invitation_code?: string;
  readonly invitation_expires_at?: Date;
}

/** A message ready to be rendered. */
export interface Composition {
  readonly language: string;
  readonly from: Mailbox;
  readonly replyTo: string | null;
  /** Null: there is no address. */
  readonly recipient: string | null;
  readonly license: License | null;
  readonly customer: CustomerResponse | null;
  readonly partner: PartnerContact | null;
  /** Addresses that may get the license key: that of the license's customer, or of its partner. */
  readonly keyRecipient: string | null;
  /** The texts name the license key. */
  readonly namesLicenseKey: boolean;
  /** The texts name a link, and PUBLIC_URL is not set. */
  readonly lacksPublicUrl: boolean;
  /** The invitation whose code the message is to bring was redeemed or withdrawn, or has expired. */
  readonly invitationHasEnded: boolean;
  render(secrets: EmailSecrets): EmailTexts;
}

/** Composes messages from the present texts of the tenant, license, customer and partner. */
@Injectable()
export class EmailComposer {
  constructor(
    private readonly queries: QueryBus,
    private readonly finder: EmailTextFinder,
    private readonly clock: Clock,
    private readonly config: Config,
    @Optional() private readonly partners?: PartnerContacts,
  ) {}

  /** Missing resources are null; the caller decides whether that is an error. */
  async compose(actor: Actor, subjects: EmailSubjects): Promise<Composition> {
    const { tenantId } = actor;
    const license =
      subjects.licenseId === null ? null : await this.queries.execute(new FindLicenseQuery(actor, subjects.licenseId));
    const customerId = license?.customerId ?? subjects.customerId;
    const customer = customerId === null ? null : await this.findCustomer(actor, customerId);
    const partner =
      subjects.partnerId === null ? null : ((await this.partners?.findContact(tenantId, subjects.partnerId)) ?? null);
    const language = subjects.language ?? partner?.language ?? customer?.language ?? DEFAULT_LANGUAGE;
    const { texts } = await this.finder.find(tenantId, subjects.template, language);
    // Stored texts were checked when they were saved.
    const names = variablesOfTexts(subjects.template, texts);
    const sender = await this.senderOf(actor);
    const view = { ...this.viewOf(subjects, license, customer, partner, language), sender_name: sender.from.name };
    return {
      language,
      ...sender,
      recipient: subjects.to ?? (subjects.partnerId === null ? (customer?.email ?? null) : (partner?.email ?? null)),
      license,
      customer,
      partner,
      keyRecipient: await this.keyRecipient(tenantId, subjects, license, customer, partner),
      namesLicenseKey: names.has(LICENSE_KEY),
      lacksPublicUrl: this.config.publicUrl === undefined && LINKS.some((name) => names.has(name)),
      invitationHasEnded: await this.invitationHasEnded(tenantId, subjects),
      render: (secrets) => renderTexts(texts, { ...view, ...this.secretView(secrets, language) }),
    };
  }

  private async invitationHasEnded(tenantId: string, { invitationId }: EmailSubjects): Promise<boolean> {
    return invitationId !== null && (await this.partners?.isInvitationOpen(tenantId, invitationId)) !== true;
  }

  /** Uses an address of the tenant only while the operator allows its domain. */
  private async senderOf(actor: Actor): Promise<{ readonly from: Mailbox; readonly replyTo: string | null }> {
    const { emails } = await this.queries.execute(new GetTenantQuery(actor));
    const { name = '', address = '' } = this.config.emailFrom ?? {};
    const isAllowed = emails.from !== null && this.config.allowsEmailFrom(emails.from);
    return {
      from: { name: emails.sender_name ?? name, address: isAllowed && emails.from !== null ? emails.from : address },
      replyTo: emails.reply_to,
    };
  }

  private async findCustomer(actor: Actor, customerId: string): Promise<CustomerResponse | null> {
    try {
      return await this.queries.execute(new GetCustomerQuery(actor, customerId));
    } catch (error) {
      if (error instanceof CustomerNotFoundError) return null;
      throw error;
    }
  }

  private async keyRecipient(
    tenantId: string,
    { partnerId }: EmailSubjects,
    license: License | null,
    customer: CustomerResponse | null,
    partner: PartnerContact | null,
  ): Promise<string | null> {
    if (license === null) return null;
    if (partnerId === null) return customer?.email ?? null;
    const own = await this.partners?.findPartnerOfLicense(tenantId, license.licenseId);
    return own === partnerId ? (partner?.email ?? null) : null;
  }

  private viewOf(
    { orderId, variables }: EmailSubjects,
    license: License | null,
    customer: CustomerResponse | null,
    partner: PartnerContact | null,
    language: string,
  ): TemplateView {
    return {
      ...variables,
      public_url: this.config.publicUrl ?? '',
      ...(customer && { customer_name: nameOf(customer) }),
      ...(partner && { partner_name: partner.name }),
      ...(orderId !== null && { order_id: orderId }),
      ...(license && licenseView(license, language, this.clock.now())),
    };
  }

  private secretView(
    { license_key, invitation_code, invitation_expires_at: expiresAt }: EmailSecrets,
    language: string,
  ): TemplateView {
    const { publicUrl } = this.config;
    return {
      ...(license_key !== undefined && { [LICENSE_KEY]: license_key }),
      ...(invitation_code !== undefined && {
        invitation_code,
        invitation_link: publicUrl === undefined ? '' : `${publicUrl}${INVITATION_PATH}#${invitation_code}`,
      }),
      ...(expiresAt && { invitation_expires: longDate(language).format(expiresAt) }),
    };
  }
}

function nameOf({ first_name, last_name, company_name }: CustomerResponse): string {
  return [first_name, last_name].filter((part) => part !== null).join(' ') || (company_name ?? '');
}

function longDate(language: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
}

function licenseView(license: License, language: string, now: Date): TemplateView {
  const dates = longDate(language);
  const date = (time: Date | null) => (time ? dates.format(time) : '');
  const expiry = license.expiryAt(now);
  const daysLeft = expiry ? Math.ceil((expiry.getTime() - now.getTime()) / DAY_MS) : 0;
  return {
    license_id: license.licenseId,
    license_key_last_four: license.licenseKeyLastFour,
    product_name: license.productDisplayName ?? license.productName,
    license_type: license.licenseType,
    issued_to: license.issuedTo,
    issued_date: date(license.issuedDate),
    expiry_date: date(expiry),
    days_left: daysLeft > 0 ? String(daysLeft) : '',
    grace_ends_at: license.gracePeriodDays > 0 ? date(license.graceEndsAt(now)) : '',
    max_activations: maxActivationsOf(license)?.toString() ?? '',
    trial: license.trial,
    auto_renewal: license.autoRenews,
  };
}
