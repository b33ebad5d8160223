import { z } from 'zod';
import { IdParameter } from '../shared/http/schema.js';
import { pageParameters } from '../shared/http/paging.js';
import { integer } from '../shared/http/schema-messages.js';
import { MAX_PEAKS_PER_DAY } from './counting/count-events-statement.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_DAYS = 366;
const MAX_DAYS_BY_PRODUCT = 31;

const Day = z.iso
  .date('must be a day such as 2026-11-23')
  .refine((day) => day >= '0001-01-01', 'must be in the years 0001 to 9999');

const count = (max: number, initial: number, description: string) =>
  z
    .string()
    .regex(/^\d{1,4}$/, `must be an integer from 1 to ${max}`)
    .transform(Number)
    .pipe(integer(1, max))
    .default(initial)
    .meta({ type: 'integer', minimum: 1, maximum: max, default: initial, description });

const product_id = IdParameter.optional().meta({ description: 'Only this product.' });

const range = {
  from: Day.optional().meta({ description: 'First day in UTC. Default: 29 days before `to`.' }),
  to: Day.optional().meta({ description: 'Last day in UTC. Default: today.' }),
};

interface DayRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Returns the number of days of a range, if both ends are given. */
function daysOf({ from, to }: DayRange): number | undefined {
  return from === undefined || to === undefined ? undefined : (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}

function checkRange(request: DayRange, context: z.RefinementCtx, max: number): void {
  const days = daysOf(request) ?? 1;
  if (days < 1) context.addIssue({ code: 'custom', path: ['to'], message: 'must not be before `from`' });
  if (days > max)
    context.addIssue({ code: 'custom', path: ['from'], message: `must be at most ${max} days before \`to\`` });
}

export const OverviewRequest = z.strictObject({
  product_id,
  by: z.enum(['product', 'template']).default('product').meta({ description: 'Rows by product or by template.' }),
  top: count(1_000, 100, 'Most rows, those with most licenses.'),
});
export type OverviewRequest = z.infer<typeof OverviewRequest>;

export const ExpirationsRequest = z.strictObject({
  product_id,
  days: z.enum(['7', '30', '90', '365']).default('30').transform(Number).meta({ description: 'Days from today on.' }),
});
export type ExpirationsRequest = z.infer<typeof ExpirationsRequest>;

export const ActivityRequest = z
  .strictObject({ ...range, product_id })
  .superRefine((request, context) => checkRange(request, context, MAX_DAYS));
export type ActivityRequest = z.infer<typeof ActivityRequest>;

export const UtilisationRequest = z.strictObject({ top: count(1_000, 100, 'Most licenses, the fullest.') });
export type UtilisationRequest = z.infer<typeof UtilisationRequest>;

export const PeaksRequest = z
  .strictObject({
    ...range,
    license_id: z.uuid().optional().meta({ description: 'Only this license, with each of its days.' }),
    per_day: count(MAX_PEAKS_PER_DAY, 3, 'Without `license_id`: licenses of each day, the highest peaks first.'),
  })
  .superRefine((request, context) => checkRange(request, context, MAX_DAYS));
export type PeaksRequest = z.infer<typeof PeaksRequest>;

export const DenialsRequest = z
  .strictObject({
    ...range,
    product_id,
    by: z
      .enum(['day', 'product'])
      .default('day')
      .meta({
        description: `Rows by day, or of the whole range by product, which then has at most ${MAX_DAYS_BY_PRODUCT} days.`,
      }),
  })
  .superRefine((request, context) =>
    checkRange(request, context, request.by === 'product' ? MAX_DAYS_BY_PRODUCT : MAX_DAYS),
  );
export type DenialsRequest = z.infer<typeof DenialsRequest>;

export const ComplianceFinding = z
  .enum(['OVER_USED', 'EXPIRED_STILL_ASKING', 'DEVICES_WITHOUT_LICENSE'])
  .meta({ id: 'ComplianceFinding', description: 'How a license is used beyond its terms.' });
export type ComplianceFinding = z.infer<typeof ComplianceFinding>;

export const ComplianceRequest = z.strictObject({ ...pageParameters, finding: ComplianceFinding.default('OVER_USED') });
export type ComplianceRequest = z.infer<typeof ComplianceRequest>;

/** Day in UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Days of a report: the last 30, unless the request names others. */
export function rangeOf(request: DayRange, now: Date): { readonly from: string; readonly to: string } {
  const day = (time: number) => dayOf(new Date(time));
  const to =
    request.to ??
    (request.from === undefined
      ? day(now.getTime())
      : day(Math.min(now.getTime(), Date.parse(request.from) + 29 * DAY_MS)));
  return { from: request.from ?? day(Date.parse(to) - 29 * DAY_MS), to };
}
