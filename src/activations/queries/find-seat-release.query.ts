import { Query } from '@nestjs/cqrs';
import type { License } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { SeatRelease } from '../seat-shortage.js';

/** Returns the shortest way to the seats that a device lacks. */
export class FindSeatReleaseQuery extends Query<SeatRelease> {
  constructor(
    readonly actor: Actor,
    readonly license: License,
    readonly fingerprint: string,
    readonly missing: number,
    readonly now: Date,
  ) {
    super();
  }
}
