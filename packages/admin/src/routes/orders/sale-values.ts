import type { Schemas } from '../../api/client';
import { dayOf, endOfDay, startOfDay } from '../../parts/days';
import { mergePatch, objectOf, textOfObject } from '../../parts/merge-patch';
import { fromMinorUnits, toMinorUnits } from '../../parts/money';
import {
  toFeature,
  toFeatureRow,
  toRestriction,
  toRestrictionRow,
  type FeatureRow,
  type RestrictionRow,
} from '../templates/template-form-values';

type Line = Schemas['QuoteLine'];
type LineRequest = Schemas['CreateOrderRequest']['lines'][number];
type IssueLine = Schemas['IssueLine'];
type Overrides = Schemas['TermOverrides'];

export const KINDS = ['ISSUE', 'RENEW', 'CHANGE_TEMPLATE'] as const;
export const STARTS = ['AT_ISSUE', 'AT_FIRST_ACTIVATION', 'AT_DATE'] as const;
const TERM_UNITS = ['years', 'months', 'days'] as const;

/** End of a license: as the template says, after a term, on a day, or never. */
export type EndKind = '' | (typeof TERM_UNITS)[number] | 'date' | 'never';

/** Terms of the licenses of a line that differ from those of the template; an empty text is none. */
export interface OverridesForm {
  seats: '' | 'limit' | 'unlimited';
  max_activations: string;
  grace_period_days: string;
  end: EndKind;
  term: string;
  expiry_date: string;
  features: FeatureRow[];
  has_restrictions: boolean;
  restrictions: RestrictionRow[];
}

/** The fields of a line; names are those of the API, so that its pointers find them. Days are days, amounts are texts. */
export interface LineForm {
  kind: (typeof KINDS)[number];
  license_template_id: string;
  license_id: string;
  quantity: string;
  renewal_unit: '' | 'months' | 'days';
  months: string;
  unit_price: string;
  starts: (typeof STARTS)[number];
  start_date: string;
  expires_if_started_by: string;
  overrides: OverridesForm;
  /** The instants that the line had: a day that stays keeps its time. */
  had: Pick<Line, 'starts' | 'expires_if_started_by'> & { readonly expiry_date: string | null };
}

export interface SaleForm {
  customer_id: string;
  external_id: string;
  currency: string;
  /** A day; only quotes have it. */
  valid_until: string;
  lines: LineForm[];
  /** JSON. */
  metadata: string;
}

const NO_OVERRIDES: OverridesForm = {
  seats: '',
  max_activations: '',
  grace_period_days: '',
  end: '',
  term: '',
  expiry_date: '',
  features: [],
  has_restrictions: false,
  restrictions: [],
};

export const NEW_LINE: LineForm = {
  kind: 'ISSUE',
  license_template_id: '',
  license_id: '',
  quantity: '1',
  renewal_unit: '',
  months: '',
  unit_price: '',
  starts: 'AT_ISSUE',
  start_date: '',
  expires_if_started_by: '',
  overrides: NO_OVERRIDES,
  had: { starts: null, expires_if_started_by: null, expiry_date: null },
};

export function emptySale(customerId: string | undefined): SaleForm {
  return {
    customer_id: customerId ?? '',
    external_id: '',
    currency: 'EUR',
    valid_until: '',
    lines: [NEW_LINE],
    metadata: '',
  };
}

/** Returns the form of an order or quote that there is. */
export function saleFormOf(sale: {
  readonly customer_id: string;
  readonly external_id?: string | null;
  readonly currency: string;
  readonly valid_until?: string;
  readonly lines: readonly Line[];
  readonly metadata: Readonly<Record<string, unknown>>;
}): SaleForm {
  return {
    customer_id: sale.customer_id,
    external_id: sale.external_id ?? '',
    currency: sale.currency,
    valid_until: dayOf(sale.valid_until ?? null),
    lines: sale.lines.map((line) => lineFormOf(line, sale.currency)),
    metadata: textOfObject(sale.metadata),
  };
}

function lineFormOf(line: Line, currency: string): LineForm {
  const { starts } = line;
  const isNamed = starts === null || starts === 'AT_ISSUE' || starts === 'AT_FIRST_ACTIVATION';
  return {
    kind: line.kind,
    license_template_id: line.license_template_id ?? '',
    license_id: line.license_id ?? '',
    quantity: String(line.quantity),
    renewal_unit: line.months !== null ? 'months' : line.days !== null ? 'days' : '',
    months: (line.months ?? line.days)?.toString() ?? '',
    unit_price: fromMinorUnits(line.unit_price, currency),
    starts: isNamed ? (starts ?? 'AT_ISSUE') : 'AT_DATE',
    start_date: isNamed ? '' : dayOf(starts),
    expires_if_started_by: dayOf(line.expires_if_started_by),
    overrides: overridesFormOf(line.overrides ?? {}),
    had: {
      starts: isNamed ? null : starts,
      expires_if_started_by: line.expires_if_started_by,
      expiry_date: line.overrides?.expiry_date ?? null,
    },
  };
}

function overridesFormOf(overrides: Schemas['Overrides']): OverridesForm {
  const { max_activations: seats, grace_period_days: grace, term, expiry_date: expiry } = overrides;
  const unit = TERM_UNITS.find((name) => term?.[name] !== undefined);
  return {
    seats: seats === undefined ? '' : seats === null ? 'unlimited' : 'limit',
    max_activations: seats?.toString() ?? '',
    grace_period_days: grace?.toString() ?? '',
    end: unit ?? (expiry === undefined ? '' : expiry === null ? 'never' : 'date'),
    term: unit === undefined ? '' : (term?.[unit]?.toString() ?? ''),
    expiry_date: dayOf(expiry ?? null),
    features: (overrides.features ?? []).map(toFeatureRow),
    has_restrictions: overrides.restrictions !== undefined,
    restrictions: (overrides.restrictions ?? []).map(toRestrictionRow),
  };
}

/** Returns what an order and a quote have in common. The form has checked the prices and the metadata. */
export function toSale({ customer_id, currency, lines, metadata }: SaleForm) {
  return {
    customer_id,
    currency,
    lines: lines.map((line) => toLine(line, currency)),
    metadata: objectOf(metadata) ?? {},
  };
}

/** Returns the members that differ, so that what others changed elsewhere stays. */
export function changedSale(before: SaleForm, after: SaleForm): Partial<ReturnType<typeof toSale>> {
  const [old, now] = [toSale(before), toSale(after)];
  const metadata = mergePatch(old.metadata, now.metadata);
  return {
    ...(now.customer_id !== old.customer_id && { customer_id: now.customer_id }),
    ...(now.currency !== old.currency && { currency: now.currency }),
    ...(JSON.stringify(now.lines) !== JSON.stringify(old.lines) && { lines: now.lines }),
    ...(metadata && { metadata }),
  };
}

function toLine(line: LineForm, currency: string): LineRequest {
  const unit_price = toMinorUnits(line.unit_price, currency) ?? Number.NaN;
  const { license_template_id, license_id } = line;
  if (line.kind === 'ISSUE') {
    return { kind: 'ISSUE', license_template_id, quantity: Number(line.quantity), unit_price, ...toIssueTerms(line) };
  }
  if (line.kind === 'RENEW') {
    const term = line.renewal_unit === '' ? {} : { [line.renewal_unit]: Number(line.months) };
    return { kind: 'RENEW', license_id, ...term, unit_price };
  }
  return { kind: 'CHANGE_TEMPLATE', license_id, license_template_id, unit_price };
}

/** Returns the instant of a day: the one that was stored, if that is on the day. */
function instantOf(day: string, had: string | null, toInstant: (day: string) => string): string {
  return had !== null && dayOf(had) === day ? had : toInstant(day);
}

function toIssueTerms({
  starts,
  start_date,
  expires_if_started_by,
  overrides,
  had,
}: LineForm): Pick<IssueLine, 'starts' | 'expires_if_started_by' | 'overrides'> {
  const terms = toOverrides(overrides, had.expiry_date);
  return {
    ...(starts === 'AT_FIRST_ACTIVATION' && { starts }),
    ...(starts === 'AT_FIRST_ACTIVATION' &&
      expires_if_started_by !== '' && {
        expires_if_started_by: instantOf(expires_if_started_by, had.expires_if_started_by, endOfDay),
      }),
    ...(starts === 'AT_DATE' && { starts: instantOf(start_date, had.starts, startOfDay) }),
    ...(Object.keys(terms).length > 0 && { overrides: terms }),
  };
}

function toOverrides(form: OverridesForm, hadExpiry: string | null): Overrides {
  const { seats, max_activations, grace_period_days, end, term, expiry_date } = form;
  return {
    ...(seats !== '' && { max_activations: seats === 'unlimited' ? null : Number(max_activations) }),
    ...(grace_period_days !== '' && { grace_period_days: Number(grace_period_days) }),
    ...toEnd(end, term, expiry_date, hadExpiry),
    ...(form.features.length > 0 && { features: form.features.map(toFeature) }),
    ...(form.has_restrictions && { restrictions: form.restrictions.map(toRestriction) }),
  };
}

function toEnd(end: EndKind, term: string, day: string, had: string | null): Pick<Overrides, 'term' | 'expiry_date'> {
  if (end === '') return {};
  if (end === 'never') return { expiry_date: null };
  if (end === 'date') return { expiry_date: instantOf(day, had, endOfDay) };
  return { term: { [end]: Number(term) } };
}
