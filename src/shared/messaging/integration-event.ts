import { newId } from '../random.js';
import type { Actor, Subject } from '../access/actor.js';
import type { JsonObject } from '../json.js';

/** Resource of an event. `licenseId` is set for a license and for everything that belongs to one, such as an activation. */
export interface EventResource {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly licenseId?: string;
  /** Partner of the resource, which sees the event. */
  readonly partnerId?: string | null;
}

/**
 * Fact in the past tense that is published to other modules and recorded in the event log. Personal data belongs into `personal` only,
 * which is merged into `data` on read: the owner role can erase it there and nowhere else.
 */
export abstract class IntegrationEvent {
  abstract readonly type: string;
  /** True for the first event of its resource, which needs no counter. */
  readonly isFirst: boolean = false;
  readonly id: string = newId();
  readonly tenantId: string;
  /** Partner of the resource, or of the actor; null for most. */
  partnerId: string | null;
  readonly actor: Subject;
  /** `operation` names the command that caused the event; a timer and an operator have none. */
  readonly metadata: { operation?: string } = {};

  protected constructor(
    actor: Actor,
    readonly occurredAt: Date,
    readonly resource: EventResource,
    readonly data: JsonObject,
    readonly personal: JsonObject | null = null,
  ) {
    this.tenantId = actor.tenantId;
    this.partnerId = resource.partnerId ?? actor.partnerId ?? null;
    this.actor = actor.subject;
  }
}
