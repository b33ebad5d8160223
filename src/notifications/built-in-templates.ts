import type { EmailTemplateName } from './email-kinds.js';

/** Texts of a message: subject, plain text and HTML, each a Mustache template. */
export interface EmailTexts {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Paragraphs {
  readonly subject: string;
  /** Each is a paragraph of both bodies; what differs is in `html`. */
  readonly paragraphs: readonly (string | { readonly text: string; readonly html: string })[];
}

const GREETING = 'Hello{{#customer_name}} {{customer_name}}{{/customer_name}},';
const RENEWAL = '{{#auto_renewal}}It is renewed automatically; you need not do anything.{{/auto_renewal}}';
const NO_RENEWAL = '{{^auto_renewal}}Please renew it in time to continue to use the product.{{/auto_renewal}}';
const DAYS = '{{#days_left}} in {{days_left}} days{{/days_left}}';

const SOURCES: Readonly<Record<EmailTemplateName, Paragraphs>> = {
  license_issued: {
    subject: 'Your license for {{product_name}}',
    paragraphs: [
      GREETING,
      'thank you for choosing {{product_name}}. Your license is ready.',
      {
        text: [
          'License key: {{license_key}}',
          '{{#expiry_date}}Valid until: {{expiry_date}}{{/expiry_date}}{{^expiry_date}}Valid until: no expiry{{/expiry_date}}',
          'Activations: {{#max_activations}}{{max_activations}}{{/max_activations}}{{^max_activations}}unlimited{{/max_activations}}',
        ].join('\n'),
        html: `<table role="presentation" cellpadding="4">
<tr><td>License key</td><td><code>{{license_key}}</code></td></tr>
<tr><td>Valid until</td><td>{{#expiry_date}}{{expiry_date}}{{/expiry_date}}{{^expiry_date}}no expiry{{/expiry_date}}</td></tr>
<tr><td>Activations</td><td>{{#max_activations}}{{max_activations}}{{/max_activations}}{{^max_activations}}unlimited{{/max_activations}}</td></tr>
</table>`,
      },
      'Keep the license key safe: whoever has it can use the license.',
    ],
  },
  renewal_reminder: {
    subject: 'Your license for {{product_name}} ends on {{expiry_date}}',
    paragraphs: [
      GREETING,
      `your license for {{product_name}} (license key ending in {{license_key_last_four}}) ends${DAYS}, on {{expiry_date}}.`,
      `${RENEWAL}${NO_RENEWAL}`,
    ],
  },
  license_expired: {
    subject: 'Your license for {{product_name}} has expired',
    paragraphs: [
      GREETING,
      'your license for {{product_name}} (license key ending in {{license_key_last_four}}) expired on {{expiry_date}}.',
      '{{#grace_ends_at}}You can use the product until {{grace_ends_at}}. {{/grace_ends_at}}Please renew the license to continue.',
    ],
  },
  trial_ending: {
    subject: 'Your trial of {{product_name}} ends on {{expiry_date}}',
    paragraphs: [
      GREETING,
      `your trial of {{product_name}} ends${DAYS}, on {{expiry_date}}.`,
      'We hope that you like it. To continue, please order a license.',
    ],
  },
  partner_welcome: {
    subject: 'Welcome as a partner{{#sender_name}} of {{sender_name}}{{/sender_name}}',
    paragraphs: [
      'Hello{{#partner_name}} {{partner_name}}{{/partner_name}},',
      'you were approved as a partner. Welcome.',
      {
        text: '{{#invitation_link}}Open this link to get your API key. It works once{{#invitation_expires}}, until {{invitation_expires}}{{/invitation_expires}}:\n{{invitation_link}}{{/invitation_link}}',
        html: '{{#invitation_link}}<p><a href="{{invitation_link}}">Get your API key</a>. The link works once{{#invitation_expires}}, until {{invitation_expires}}{{/invitation_expires}}.</p>{{/invitation_link}}',
      },
    ],
  },
  order_confirmation: {
    subject:
      'Your order {{#order_number}}{{order_number}}{{/order_number}}{{^order_number}}{{order_id}}{{/order_number}}',
    paragraphs: [
      GREETING,
      'thank you for your order {{#order_number}}{{order_number}}{{/order_number}}{{^order_number}}{{order_id}}{{/order_number}}{{#order_date}} of {{order_date}}{{/order_date}}. It is complete.',
      {
        text: '{{#order_lines}}\n{{quantity}} × {{name}}: {{price}}\n{{/order_lines}}\n{{#order_total}}\nTotal: {{order_total}}\n{{/order_total}}',
        html: `<table role="presentation" cellpadding="4">
{{#order_lines}}<tr><td>{{quantity}} ×</td><td>{{name}}</td><td>{{price}}</td></tr>
{{/order_lines}}{{#order_total}}<tr><td></td><td>Total</td><td>{{order_total}}</td></tr>{{/order_total}}
</table>`,
      },
    ],
  },
};

const CLOSING = '{{#sender_name}}\n{{sender_name}}\n{{/sender_name}}';

/** English texts of each kind. */
export const BUILT_IN_TEMPLATES = Object.fromEntries(
  Object.entries(SOURCES).map(([name, { subject, paragraphs }]) => [
    name,
    {
      subject,
      text: [...paragraphs.map((part) => (typeof part === 'string' ? part : part.text)), CLOSING].join('\n\n'),
      html: document(paragraphs.map((part) => (typeof part === 'string' ? `<p>${part}</p>` : part.html)).join('\n')),
    },
  ]),
) as Readonly<Record<EmailTemplateName, EmailTexts>>;

function document(body: string): string {
  return `<!doctype html>
<html>
<body style="font-family: sans-serif">
${body}
{{#sender_name}}<p>{{sender_name}}</p>{{/sender_name}}
</body>
</html>
`;
}
