import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { ActorType, ActorVia, UtcTime } from '../shared/http/schema.js';
import type { Subject } from '../shared/access/actor.js';
import type { EventRow } from './event-row.js';
import type { Page } from '../shared/http/paging.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';

export const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;

export const LicenseEventResponse = z
  .object({
    seq: z.int().meta({ description: 'Number of the event in the tenant, without gaps.' }),
    id: z.uuid(),
    event_type: z.string().meta({ examples: ['license.created'] }),
    license_id: z.uuid().nullable(),
    resource_type: z.string().meta({ examples: ['license'] }),
    resource_id: z.string(),
    resource_seq: z.int().nullable().meta({
      description:
        'Number of the event of its resource, without gaps; events of activations count as those of their license. Null if an earlier release recorded it.',
    }),
    event_data: FreeForm,
    tenant_id: z.string(),
    partner_id: z.uuid().nullable().meta({ description: 'Partner of the resource, which sees the event.' }),
    user_id: z.string().nullable().meta({ description: 'The user who acted. Null: a key or the system.' }),
    actor: z
      .object({
        type: ActorType,
        id: z.string(),
        via: ActorVia,
        issuer: z.string().optional(),
        acting_for: z.string().optional(),
        run_id: z.string().optional(),
      })
      .meta({
        description:
          'The actor: API key, user, license key or service; `acting_for` is set for platform keys, `run_id` for steps of a workflow.',
      }),
    metadata: FreeForm,
    created_at: UtcTime,
  })
  .meta({ id: 'LicenseEvent', description: 'A recorded fact.' });
export type LicenseEventResponse = z.infer<typeof LicenseEventResponse>;

/** Events of some types; there is no other of them up to `upTo`. */
export interface FollowedEvents {
  readonly events: readonly LicenseEventResponse[];
  readonly upTo: string;
}

export const LicenseEventPage = z
  .object({
    data: z.array(LicenseEventResponse),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: '`seq` to continue after. Null: no further events yet.', examples: [null] }),
  })
  .meta({ id: 'LicenseEventPage' });

export function toLicenseEventPage(rows: readonly EventRow[], limit: number): Page<LicenseEventResponse> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { data: page.map(toLicenseEventResponse), next_cursor: rows.length > limit && last ? last.seq : null };
}

export function toLicenseEventResponse(row: EventRow): LicenseEventResponse {
  return {
    seq: Number(row.seq),
    id: row.id,
    event_type: row.event_type,
    license_id: row.license_id,
    resource_type: row.resource_type,
    resource_id: row.resource_id,
    resource_seq: row.resource_seq,
    event_data: merge(row.event_data, row.personal ?? {}) as LicenseEventResponse['event_data'],
    tenant_id: row.tenant_id,
    partner_id: row.partner_id,
    user_id: row.user_id,
    actor: row.actor,
    metadata: row.metadata as LicenseEventResponse['metadata'],
    created_at: row.created_at.toISOString(),
  };
}

/** A recorded event without the personal data that have been erased. */
export interface PastEvent {
  readonly type: string;
  readonly resourceId: string;
  readonly at: Date;
  readonly actor: Subject;
  /** Event data including personal data that have not been erased. */
  readonly data: JsonObject;
  /** Whether no personal data are in `data`, because there were none or they were erased. */
  readonly withoutPersonalData: boolean;
}

export function toPastEvent(row: EventRow): PastEvent {
  return {
    type: row.event_type,
    resourceId: row.resource_id,
    at: row.created_at,
    actor: row.actor,
    data: merge(row.event_data, row.personal ?? {}) as JsonObject,
    withoutPersonalData: row.personal === null,
  };
}

/** Merges personal values into their original places: the top level, or `before` and `after`. */
function merge(data: Record<string, unknown>, personal: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...data };
  for (const [key, value] of Object.entries(personal)) {
    const beside = merged[key];
    merged[key] = isJsonObject(beside) && isJsonObject(value) ? { ...beside, ...value } : value;
  }
  return merged;
}
