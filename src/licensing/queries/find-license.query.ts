import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';

/** Finds a license for another module, with its current seats. */
export class FindLicenseQuery extends Query<License | null> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
  ) {
    super();
  }
}
