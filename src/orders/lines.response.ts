import { z } from 'zod';
import { Overrides } from '../licensing/index.js';
import { UtcTime } from '../shared/http/schema.js';
import { Amount } from './lines.requests.js';
import { LINE_KINDS, type Line } from './line.entity.js';

export const LineResponse = z
  .object({
    line: z.int().meta({ description: 'Number of the line, from 1.' }),
    kind: z.enum(LINE_KINDS).meta({ id: 'LineKind' }),
    license_template_id: z.string().nullable(),
    license_id: z.uuid().nullable().meta({ description: 'License that is renewed or changed.' }),
    months: z.int().nullable(),
    days: z.int().nullable(),
    quantity: z.int(),
    unit_price: Amount,
    amount: Amount,
    starts: z.union([z.enum(['AT_ISSUE', 'AT_FIRST_ACTIVATION']), UtcTime]).nullable(),
    expires_if_started_by: UtcTime.nullable(),
    overrides: Overrides.nullable(),
  })
  .meta({ id: 'QuoteLine' });
export type LineResponse = z.infer<typeof LineResponse>;

export function toLineResponse(line: Line): LineResponse {
  return {
    line: line.line,
    kind: line.kind,
    license_template_id: line.templateId,
    license_id: line.licenseId,
    months: line.months,
    days: line.days,
    quantity: line.quantity,
    unit_price: line.unitPrice,
    amount: line.amount,
    starts: line.issueTerms?.starts ?? null,
    expires_if_started_by: line.issueTerms?.expires_if_started_by ?? null,
    overrides: line.issueTerms?.overrides ?? null,
  };
}
