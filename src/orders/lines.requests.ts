import { z } from 'zod';
import { LaterIssueTerms } from '../licensing/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { ResourceId } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { isCurrency } from './currency.js';

/** Largest amount in minor units, up to which JSON numbers are exact. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;
const MAX_LINES = 100;
/** Licenses that one order can issue. */
const MAX_LICENSES = 10_000;
const MAX_MONTHS = 1_200;
const MAX_DAYS = 36_500;

export const Amount = integer(0, MAX_AMOUNT).meta({
  description: 'Amount in minor units of the currency, such as cents.',
});

export const Currency = z
  .string()
  .refine(isCurrency, 'must be a currency code of ISO 4217, such as EUR')
  .meta({ pattern: '^[A-Z]{3}$', description: 'Currency code of ISO 4217.', examples: ['EUR'] });

const unit_price = integer(0, MAX_AMOUNT).meta({
  description: 'Price of one unit in minor units of the currency, taxes as the vendor likes: none is computed.',
});

export const IssueLine = z
  .strictObject({
    kind: z.literal('ISSUE'),
    license_template_id: ResourceId,
    quantity: integer(1, MAX_LICENSES).default(1).meta({ description: 'Number of licenses.' }),
    unit_price,
    ...LaterIssueTerms.shape,
  })
  .refine(
    ({ starts, expires_if_started_by: until }) => until === undefined || starts === 'AT_FIRST_ACTIVATION',
    'must not contain expires_if_started_by unless starts is AT_FIRST_ACTIVATION',
  )
  // Nothing could be issued with them, and a line of an order that is paid keeps its terms.
  .refine(({ starts, expires_if_started_by: until, overrides }) => {
    const end = overrides?.expiry_date;
    return !end || ((until === undefined || until <= end) && !(new Date(starts ?? '') >= new Date(end)));
  }, 'must not contain an expiry_date of overrides before expires_if_started_by or starts')
  .meta({ id: 'IssueLine', description: 'Issues licenses to the customer of the order.' });

export const RenewLine = z
  .strictObject({
    kind: z.literal('RENEW'),
    license_id: z.uuid(),
    months: integer(1, MAX_MONTHS).optional().meta({ description: 'Calendar months.' }),
    days: integer(1, MAX_DAYS).optional(),
    unit_price,
  })
  .refine(({ months, days }) => months === undefined || days === undefined, 'must not contain both months and days')
  .meta({ id: 'RenewLine', description: 'Renews a license. Without months and days: by its own term.' });

export const ChangeTemplateLine = z
  .strictObject({
    kind: z.literal('CHANGE_TEMPLATE'),
    license_id: z.uuid(),
    license_template_id: ResourceId,
    unit_price,
  })
  .meta({ id: 'ChangeTemplateLine', description: 'Applies the terms of another template to a license.' });

export const LineRequest = z.discriminatedUnion('kind', [IssueLine, RenewLine, ChangeTemplateLine]);
export type LineRequest = z.infer<typeof LineRequest>;

/** Returns the amount of a line, which may be beyond the safe integers. */
function exactAmount(line: LineRequest): bigint {
  return BigInt(line.kind === 'ISSUE' ? line.quantity : 1) * BigInt(line.unit_price);
}

export const Lines = z
  .array(LineRequest)
  .min(1)
  .max(MAX_LINES)
  .superRefine((lines, context) => {
    const total = lines.reduce((sum, line) => sum + exactAmount(line), 0n);
    const licenses = lines.reduce((sum, line) => sum + (line.kind === 'ISSUE' ? line.quantity : 0), 0);
    if (total > BigInt(MAX_AMOUNT))
      context.addIssue({ code: 'custom', message: `must add up to at most ${MAX_AMOUNT}` });
    if (licenses > MAX_LICENSES)
      context.addIssue({ code: 'custom', message: `must issue at most ${MAX_LICENSES} licenses` });
  })
  .meta({
    description: 'What is sold, in the order of the line numbers, which begin with 1.',
    examples: [[{ kind: 'ISSUE', license_template_id: EXAMPLES.openTemplateId, quantity: 2, unit_price: 99_000 }]],
  });
