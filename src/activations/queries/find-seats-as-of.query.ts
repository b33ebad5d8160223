import { Query } from '@nestjs/cqrs';
import type { SeatCounts } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationAsOf, PastActivationChange } from '../activation-as-of.js';

/** The seats of a license at a time. */
export interface SeatsAsOf {
  readonly tally: SeatCounts;
  /** The latest activation of the device that is asked about. */
  readonly device: ActivationAsOf | undefined;
}

/** As of a time in the past; `changes` are all that have happened to the license's activations since, the latest first. */
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
