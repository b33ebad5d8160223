import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import { ComplianceFinding } from './report.requests.js';
import { LicenseStatus } from '../licensing/index.js';

const count = z.int().nonnegative();
const day = z.iso.date().meta({ description: 'Day in UTC.' });

/** Members of every report that tell up to when it counts. */
const asOf = {
  as_of: UtcTime.nullable().meta({ description: 'When events were last counted. Null: no event yet.' }),
  events_behind: count.meta({ description: 'Events of the event log that are not counted yet.' }),
};

const statuses = {
  licenses: count,
  active: count,
  in_grace: count.meta({ description: 'Expired, but in the grace period.' }),
  expired: count.meta({ description: 'Expired, and not in the grace period.' }),
  suspended: count,
  revoked: count,
  pending: count.meta({ description: 'Not started.' }),
  trials: count.meta({ description: 'Of all of them, those that are trials.' }),
};

const reportOf = <Row extends z.ZodObject, More extends z.ZodRawShape>(id: string, row: Row, more: More) =>
  z.object({ ...asOf, ...more, data: z.array(row) }).meta({ id });

export const OverviewReport = reportOf(
  'OverviewReport',
  z
    .object({
      product_id: z.string(),
      template_id: z.string().nullable().meta({ description: 'Null in rows by product.' }),
      ...statuses,
    })
    .meta({ id: 'OverviewRow' }),
  { totals: z.object(statuses).meta({ id: 'OverviewTotals' }) },
);
export type OverviewReport = z.infer<typeof OverviewReport>;

export const ExpirationsReport = reportOf(
  'ExpirationsReport',
  z
    .object({
      day,
      expiring: count.meta({
        description: 'Active and pending licenses that expire on the day, also by `expires_if_started_by`.',
      }),
      renewing: count.meta({
        description:
          'Active and pending licenses with automatic renewal whose term ends on the day. Trials do not renew.',
      }),
      suspended: count.meta({ description: 'Suspended licenses whose term ends on the day.' }),
    })
    .meta({ id: 'ExpirationsRow' }),
  {},
);
export type ExpirationsReport = z.infer<typeof ExpirationsReport>;

/** Columns of the activity report with their types of events. */
export const ACTIVITY = {
  issued: 'license.created',
  imported: 'license.imported',
  renewed: 'license.renewed',
  converted: 'license.trial_converted',
  expired: 'license.expired',
  suspended: 'license.suspended',
  reinstated: 'license.reinstated',
  revoked: 'license.revoked',
  transferred: 'license.transferred',
  activated: 'license.activated',
  deactivated: 'license.deactivated',
  leases_expired: 'license.lease_expired',
} as const;

export const ActivityReport = reportOf(
  'ActivityReport',
  z
    .object({
      day,
      ...(Object.fromEntries(Object.keys(ACTIVITY).map((name) => [name, count])) as Record<
        keyof typeof ACTIVITY,
        typeof count
      >),
    })
    .meta({ id: 'ActivityRow' }),
  {},
);
export type ActivityReport = z.infer<typeof ActivityReport>;

const seats = z.int().nonnegative().nullable().meta({ description: 'Seats of the license. Null: no limit.' });

export const UtilisationReport = reportOf(
  'UtilisationReport',
  z
    .object({
      license_id: z.uuid(),
      product_id: z.string(),
      template_id: z.string(),
      seats_in_use: count,
      seats,
      fill_percent: count.meta({ description: 'Seats in use of the seats, in percent; at most 1000.' }),
      peak_today: count.meta({ description: 'Most seats in use at once today, in UTC.' }),
    })
    .meta({ id: 'UtilisationRow' }),
  {
    totals: z
      .object({
        licenses: count.meta({ description: 'Licenses in force: active or in grace.' }),
        seats_in_use: count,
        limited_licenses: count.meta({ description: 'Licenses with a limit of seats.' }),
        limited_seats: count.meta({ description: 'Seats of the licenses with a limit.' }),
        limited_seats_in_use: count.meta({ description: 'Seats in use of the licenses with a limit.' }),
        nearly_full_licenses: count.meta({ description: 'Licenses with at least 80 % of their seats in use.' }),
        full_licenses: count,
        over_used_licenses: count.meta({ description: 'Licenses with more seats in use than they have.' }),
        licenses_with_devices_left: count.meta({
          description: 'Licenses that are no longer in force, but whose devices hold seats.',
        }),
        devices_left: count.meta({ description: 'Seats of these licenses in use.' }),
      })
      .meta({ id: 'UtilisationTotals' }),
  },
);
export type UtilisationReport = z.infer<typeof UtilisationReport>;

export const PeaksReport = reportOf(
  'PeaksReport',
  z
    .object({
      day,
      license_id: z.uuid(),
      product_id: z.string(),
      peak: count.meta({ description: 'Most seats in use at once on the day.' }),
      seats,
    })
    .meta({ id: 'PeaksRow' }),
  {},
);
export type PeaksReport = z.infer<typeof PeaksReport>;

export const DenialsReport = reportOf(
  'DenialsReport',
  z
    .object({
      day: day.nullable().meta({ description: 'Null in rows by product.' }),
      product_id: z.string().nullable().meta({ description: 'Null: all products.' }),
      kind: z.enum(['ACTIVATION', 'VALIDATION']).meta({ description: 'What was refused.' }),
      code: z.string().meta({ examples: ['ACTIVATION_LIMIT_REACHED'] }),
      denials: count,
    })
    .meta({ id: 'DenialsRow' }),
  {},
);
export type DenialsReport = z.infer<typeof DenialsReport>;

const LicenseInUse = z
  .object({
    finding: ComplianceFinding,
    license_id: z.uuid(),
    product_id: z.string(),
    template_id: z.string(),
    status: LicenseStatus,
    seats_in_use: count,
    seats,
    validations: count
      .nullable()
      .meta({ description: 'Failed validations since the license expired; null in other findings.' }),
    last_validated_at: UtcTime.nullable().meta({ description: 'Last of these validations.' }),
  })
  .meta({ id: 'ComplianceRow' });
export type LicenseInUse = z.infer<typeof LicenseInUse>;

export const ComplianceReport = pageOf(LicenseInUse).meta({ id: 'ComplianceReport' });
export type ComplianceReport = z.infer<typeof ComplianceReport>;
