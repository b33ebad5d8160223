import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationAsOf, PastActivationChange } from '../activation-as-of.js';
import type { SeatCounts } from '../seats.js';

/** Seats of a license as of a time. */
export interface SeatsAsOf {
  readonly counts: SeatCounts;
  /** Latest activation of the device in the query. */
  readonly device: ActivationAsOf | undefined;
  /** Whether the device in the query was blocked. */
  readonly isBlocked: boolean;
}

/** Returns the seats as of a past time. `changes` are all changes of the activations of the license since, latest first. */
export class FindSeatsAsOfQuery extends Query<SeatsAsOf> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly fingerprint: string | undefined,
    readonly instant: Date,
    readonly changes: readonly PastActivationChange[],
  ) {
    super();
  }
}
