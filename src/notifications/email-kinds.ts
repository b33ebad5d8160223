/** Kinds of e-mail; each has built-in English texts, which a tenant can replace. */
export const EMAIL_TEMPLATES = [
  'license_issued',
  'renewal_reminder',
  'license_expired',
  'trial_ending',
  'partner_welcome',
  'order_confirmation',
] as const;
export type EmailTemplateName = (typeof EMAIL_TEMPLATES)[number];

/** Variable that the texts of a template can name. */
export interface EmailVariable {
  readonly description: string;
  /** True: the sender of the message gives its value. */
  readonly given?: true;
  /** Value in previews of a template without a message. */
  readonly example: string | boolean | readonly Readonly<Record<string, string>>[];
  /** Known only while a message is sent; masked in previews. */
  readonly secret?: true;
  /** Names within `{{#list}}…{{/list}}`; only of a list. */
  readonly fields?: readonly string[];
}

export interface EmailKind {
  readonly description: string;
  /** Resource that each message of the kind names. */
  readonly needs: 'license_id' | 'partner_id' | 'order_id';
  readonly variables: Readonly<Record<string, EmailVariable>>;
}

const COMMON: Readonly<Record<string, EmailVariable>> = {
  sender_name: { description: 'Name of the sender.', example: 'Example Software' },
  customer_name: {
    description: 'Name of the customer; what the sender of the message gives, if there is no customer.',
    example: 'Jane Roe',
    given: true,
  },
  public_url: { description: 'The setting PUBLIC_URL.', example: 'https://licenses.example.com' },
};

/** Stands for a secret value in previews. */
export const MASK = 'XXXX-XXXX-XXXX-XXXX';

/** The only variable that reveals a license key. */
export const LICENSE_KEY = 'license_key';

const LICENSE: Readonly<Record<string, EmailVariable>> = {
  license_id: { description: 'Id of the license.', example: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e' },
  [LICENSE_KEY]: {
    description: 'The license key. Needs the permission `licenses:reveal-key`.',
    example: 'A1B2-C3D4-E5F6-0718-293A',
    secret: true,
  },
  license_key_last_four: { description: 'Last four characters of the license key.', example: '293A' },
  product_name: { description: 'Name of the product.', example: 'ISP Professional' },
  license_type: { description: 'Type of the license.', example: 'SUBSCRIPTION' },
  issued_to: { description: 'Name that the license was issued to.', example: 'Jane Roe' },
  issued_date: { description: 'Date of issue.', example: 'November 23, 2026' },
  expiry_date: { description: 'Date of expiry; empty if the license never expires.', example: 'November 23, 2027' },
  days_left: { description: 'Days until the expiry, rounded up; empty after it.', example: '30' },
  grace_ends_at: {
    description: 'Date at which the grace period ends; empty without one.',
    example: 'December 23, 2027',
  },
  max_activations: { description: 'Number of seats; empty if unlimited.', example: '5' },
  trial: { description: 'Whether the license is a trial.', example: false },
  auto_renewal: { description: 'Whether the license is renewed automatically.', example: false },
};

const PARTNER: Readonly<Record<string, EmailVariable>> = {
  partner_name: { description: 'Name of the partner.', example: 'Example Resellers', given: true },
  invitation_code: {
    description: 'Code of the invitation, which is made when the message is sent. Empty without an invitation.',
    example: 'kJ3v0Qm1XoZ7h2Yb5sT9wE4rU8iO6pA0dF1gH3jK5lM',
    secret: true,
  },
  invitation_link: {
    description: 'Link under PUBLIC_URL with the code of the invitation in its fragment; empty without a code.',
    example: 'https://licenses.example.com/partner-invitation#code',
    secret: true,
  },
  invitation_expires: { description: 'Date at which the invitation ends.', example: 'November 30, 2026' },
};

const ORDER: Readonly<Record<string, EmailVariable>> = {
  order_id: { description: 'Id of the order.', example: 'order-1001' },
  order_number: { description: 'Number of the order as the customer knows it.', example: '1001', given: true },
  order_date: { description: 'Date of the order.', example: 'November 23, 2026', given: true },
  order_total: { description: 'Total with its currency.', example: '990.00 USD', given: true },
  order_lines: {
    description: 'Lines of the order.',
    example: [{ name: 'Team License, yearly', quantity: '1', price: '990.00 USD' }],
    given: true,
    fields: ['name', 'quantity', 'price'],
  },
};

const ofLicense = (description: string): EmailKind => ({
  description,
  needs: 'license_id',
  variables: { ...COMMON, ...LICENSE },
});

export const EMAIL_KINDS: Readonly<Record<EmailTemplateName, EmailKind>> = {
  license_issued: ofLicense('A license was issued, with its license key.'),
  renewal_reminder: ofLicense('A license expires, or is renewed, in some days.'),
  license_expired: ofLicense('A license has expired.'),
  trial_ending: ofLicense('A trial ends in some days.'),
  partner_welcome: {
    description: 'A partner was approved, with a link by which it gets its API key.',
    needs: 'partner_id',
    variables: { ...COMMON, ...PARTNER, ...LICENSE },
  },
  order_confirmation: {
    description: 'An order was fulfilled.',
    needs: 'order_id',
    variables: { ...COMMON, ...ORDER },
  },
};

/** Kinds that a milestone of a license causes; none is sent for a revoked or suspended license. */
export const MILESTONE_TEMPLATES: readonly EmailTemplateName[] = [
  'renewal_reminder',
  'license_expired',
  'trial_ending',
];

/** Language of the built-in texts, and of a message whose own language has no texts. */
export const DEFAULT_LANGUAGE = 'en';

/** Returns the languages whose texts serve, the best first: pt-BR, pt, en. */
export function languagesFor(language: string): readonly string[] {
  const [base = language] = language.split('-');
  return [...new Set([language, base, DEFAULT_LANGUAGE])];
}
