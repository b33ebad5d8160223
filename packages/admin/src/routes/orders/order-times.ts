import type { components } from '../../api/openapi.js';
import { endOfDay, startOfDay } from '../../parts/days.js';

type Schemas = components['schemas'];
type Order = Pick<Schemas['Order'], 'status' | 'payment_status' | 'lines'>;
type Line = Schemas['OrderLine'];
type LineRequest = Schemas['CreateOrderRequest']['lines'][number];

export const TIMES = ['starts', 'expires_if_started_by', 'expiry_date'] as const;
export type TimeName = (typeof TIMES)[number];

/** New days of the lines of an order, in their order; an empty text leaves the time out. Names are those of the API. */
export interface TimesForm {
  lines: { starts: string; expires_if_started_by: string; overrides: { expiry_date: string } }[];
}

export interface PassedTimes {
  readonly line: number;
  readonly names: readonly TimeName[];
}

function timesOf({ starts, expires_if_started_by, overrides }: Line): Readonly<Record<TimeName, string | null>> {
  const isNamed = starts === 'AT_ISSUE' || starts === 'AT_FIRST_ACTIVATION';
  return { starts: isNamed ? null : starts, expires_if_started_by, expiry_date: overrides?.expiry_date ?? null };
}

/** Returns the lines that are still to be fulfilled and have times that have passed. */
export function passedTimes({ status, payment_status, lines }: Order, now: number): PassedTimes[] {
  if ((status !== 'PENDING' && status !== 'APPROVED') || payment_status === 'REFUNDED') return [];
  return lines.flatMap((line) => {
    if (line.refunded || line.fulfilled_quantity >= line.quantity) return [];
    const times = timesOf(line);
    const names = TIMES.filter((name) => times[name] !== null && Date.parse(times[name]) <= now);
    return names.length === 0 ? [] : [{ line: line.line, names }];
  });
}

/** Tells whether nothing can be issued: an end has passed, while a start that has passed is the time of the issue. */
export function isEnded({ names }: PassedTimes): boolean {
  return names.some((name) => name !== 'starts');
}

export function emptyTimes({ lines }: Order): TimesForm {
  return { lines: lines.map(() => ({ starts: '', expires_if_started_by: '', overrides: { expiry_date: '' } })) };
}

/** Returns all lines as they were sold, but for the times that have passed: those are the new ones, or are left out. */
export function correctedLines({ lines }: Order, passed: readonly PassedTimes[], form: TimesForm): LineRequest[] {
  return lines.map((line, at) => {
    const { kind, license_template_id, license_id, quantity, months, days, unit_price } = line;
    const names = passed.find((each) => each.line === line.line)?.names ?? [];
    if (kind === 'RENEW')
      return {
        kind,
        license_id: license_id ?? '',
        ...(months !== null && { months }),
        ...(days !== null && { days }),
        unit_price,
      };
    const template = { license_template_id: license_template_id ?? '', unit_price };
    if (kind === 'CHANGE_TEMPLATE') return { kind, license_id: license_id ?? '', ...template };
    const typed = form.lines[at];
    const { expiry_date: end, ...overrides } = line.overrides ?? {};
    const timeOf = (name: TimeName, had: string | null | undefined, day = '', toInstant = endOfDay) =>
      names.includes(name) ? (day === '' ? undefined : toInstant(day)) : (had ?? undefined);
    const starts = timeOf('starts', line.starts, typed?.starts, startOfDay);
    const until = timeOf('expires_if_started_by', line.expires_if_started_by, typed?.expires_if_started_by);
    const expiry = end === null ? null : timeOf('expiry_date', end, typed?.overrides.expiry_date);
    const own = { ...overrides, ...(expiry !== undefined && { expiry_date: expiry }) };
    return {
      kind: 'ISSUE',
      ...template,
      quantity,
      ...(starts !== undefined && { starts }),
      ...(until !== undefined && { expires_if_started_by: until }),
      ...(line.overrides !== null && { overrides: own }),
    };
  });
}
