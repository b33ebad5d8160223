import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListPoolEntriesRequest } from './license-pool.requests.js';
import type { PoolEntryPage } from './license-pool.response.js';

/** Lists the ledger of a pool, the latest entry first. Throws PoolNotFoundError. */
export class ListPoolEntriesQuery extends Query<PoolEntryPage> {
  constructor(
    readonly actor: Actor,
    readonly poolId: string,
    readonly request: ListPoolEntriesRequest,
  ) {
    super();
  }
}
