import type pg from 'pg';
import { newId } from '../../shared/random.js';
import type { JsonObject } from '../../shared/events/integration-event.js';

/** Whose data is erased, as which role, and when. */
export interface Erasure {
  readonly owner: pg.ClientBase;
  readonly tenantId: string;
  readonly customerId: string;
  readonly now: Date;
}

/** Rows that were emptied or deleted. */
export interface Erased {
  readonly licenses: number;
  readonly devices: number;
  readonly events: number;
  readonly results: number;
}

/** Takes the place of a fingerprint or a user, so that past seats can still be counted. */
export function pseudonymOf(activationId: string): string {
  return `erased-${activationId}`;
}

/** Both hold events: an event is in the outbox until it is moved into the log. */
export const EVENT_TABLES = ['outbox', 'license_event_logs'] as const;

/** An event that the operator causes. */
export interface OperatorEvent {
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly licenseId: string | null;
  readonly data: JsonObject;
}

/** Puts events into the outbox, in the transaction of what they tell. The relay of a server moves them into the log. */
export async function recordEvents({ owner, tenantId, now }: Erasure, events: readonly OperatorEvent[]): Promise<void> {
  await owner.query(
    `INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id, event_data, actor, metadata, created_at)
     SELECT $1, id, event_type, license_id, resource_type, resource_id, event_data, $3, '{}', $4
     FROM jsonb_to_recordset($2::jsonb) AS event (id uuid, event_type text, license_id uuid, resource_type text,
                                                  resource_id text, event_data jsonb)`,
    [
      tenantId,
      JSON.stringify(
        events.map(({ type, resourceType, resourceId, licenseId, data }) => ({
          id: newId(),
          event_type: type,
          license_id: licenseId,
          resource_type: resourceType,
          resource_id: resourceId,
          event_data: data,
        })),
      ),
      { type: 'operator', id: 'npm run erase', via: 'cli' },
      now,
    ],
  );
}
