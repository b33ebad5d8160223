import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { Activation } from '../activation.entity.js';

/** Finds the latest activation of a device for another module. */
export class FindActivationQuery extends Query<Activation | undefined> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly fingerprint: string,
  ) {
    super();
  }
}
