import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';

/** A license as another module works with it, with its seats as they are now. */
export class FindLicenseQuery extends Query<License | null> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
  ) {
    super();
  }
}
