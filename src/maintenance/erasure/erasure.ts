import type pg from 'pg';
import { newId } from '../../shared/random.js';
import { Outbox } from '../../shared/messaging/outbox.js';
import type { JsonObject } from '../../shared/json.js';

/** The customer to erase, a connection of the owner role, and the time. */
export interface Erasure {
  readonly owner: pg.ClientBase;
  readonly tenantId: string;
  readonly customerId: string;
  readonly now: Date;
}

/** Counts of erased or deleted rows. */
export interface Erased {
  readonly licenses: number;
  readonly devices: number;
  readonly events: number;
  readonly results: number;
  /** Workflow runs that were deleted. */
  readonly runs: number;
  readonly emails: number;
}

/** Returns the replacement for a fingerprint or a user, by which past seats can still be counted. */
export function pseudonymOf(activationId: string): string {
  return `erased-${activationId}`;
}

/** Tables with events; an event stays in the outbox until it is moved into the log. */
export const EVENT_TABLES = ['outbox', 'license_event_logs'] as const;

/** An event that an operator's command records. */
export interface OperatorEvent {
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly licenseId: string | null;
  readonly data: JsonObject;
}

/** Appends events to the outbox in the transaction of their change. A server's relay moves them into the log. */
export async function recordEvents({ owner, tenantId, now }: Erasure, events: readonly OperatorEvent[]): Promise<void> {
  const { text, values } = Outbox.append(
    events.map(({ type, resourceType, resourceId, licenseId, data }) => ({
      id: newId(),
      tenantId,
      type,
      isFirst: false,
      resource: { resourceType, resourceId, ...(licenseId !== null && { licenseId }) },
      data,
      personal: null,
      actor: { type: 'operator', id: 'npm run erase', via: 'cli' },
      metadata: {},
      occurredAt: now,
    })),
  );
  await owner.query(text, values);
}
