import { newId } from '../random.js';
import type { Actor, Subject } from '../access/actor.js';
import type { JsonObject } from '../json.js';

/** What an event is about. `licenseId` where a license is concerned, also when the resource is something of it. */
export interface EventResource {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly licenseId?: string;
}

/**
 * A fact that other modules and the log hear of, in the past tense. Names and e-mails stand in `personal`, which is merged
 * into `data` on read and which the owner role can empty, and nowhere else.
 */
export abstract class IntegrationEvent {
  abstract readonly type: string;
  /** Whether the event is the first of its resource, which then needs no counter before its second one. */
  readonly isFirst: boolean = false;
  readonly id: string = newId();
  readonly tenantId: string;
  readonly actor: Subject;
  /** `operation`: what the caller asked for, where the event is the effect of a command. */
  readonly metadata: { operation?: string } = {};

  protected constructor(
    actor: Actor,
    readonly occurredAt: Date,
    readonly resource: EventResource,
    readonly data: JsonObject,
    readonly personal: JsonObject | null = null,
  ) {
    this.tenantId = actor.tenantId;
    this.actor = actor.subject;
  }
}
