import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { BlockedFile } from './blocked-device.repository.js';

/** Lists the blocked devices of a tenant that may have a valid license file. */
export class ListBlockedFilesQuery extends Query<BlockedFile[]> {
  constructor(
    readonly actor: Actor,
    readonly now: Date,
  ) {
    super();
  }
}
