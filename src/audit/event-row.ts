import type { Subject } from '../shared/access/actor.js';

/** A row of the event log. `personal` is null if the event had no personal data or they were erased. */
export interface EventRow {
  readonly seq: string;
  readonly id: string;
  readonly event_type: string;
  readonly license_id: string | null;
  readonly resource_type: string;
  readonly resource_id: string;
  /** Null in rows of an earlier release. */
  readonly resource_seq: number | null;
  readonly event_data: Record<string, unknown>;
  readonly personal: Record<string, unknown> | null;
  readonly tenant_id: string;
  readonly partner_id: string | null;
  readonly user_id: string | null;
  readonly actor: Subject;
  readonly metadata: Record<string, unknown>;
  readonly created_at: Date;
}

/** Selects events of these types after a `seq`, not older than `since`. */
export interface FollowFilter {
  readonly after: string;
  readonly types: readonly string[];
  readonly since: Date;
  readonly limit: number;
}

/** Selects events by type after a time: of one license and what belongs to it, or of other resources. */
export interface PastEventsFilter {
  readonly about: { readonly licenseId: string } | { readonly resourceIds: readonly string[] };
  readonly types: readonly string[];
  readonly after: Date;
}
