import type { Subject } from '../shared/access/actor.js';

/** One line of a tenant's history. `personal` is null when there was none, or when it was erased. */
export interface EventRow {
  readonly seq: string;
  readonly id: string;
  readonly event_type: string;
  readonly license_id: string | null;
  readonly resource_type: string;
  readonly resource_id: string;
  /** Null where an earlier release recorded it. */
  readonly resource_seq: number | null;
  readonly event_data: Record<string, unknown>;
  readonly personal: Record<string, unknown> | null;
  readonly tenant_id: string;
  readonly user_id: string | null;
  readonly actor: Subject;
  readonly metadata: Record<string, unknown>;
  readonly created_at: Date;
}

/** Events of some types after a time: of a license, with what belongs to it, or of other resources. */
export interface PastEventsFilter {
  readonly about: { readonly licenseId: string } | { readonly resourceIds: readonly string[] };
  readonly types: readonly string[];
  readonly after: Date;
}
