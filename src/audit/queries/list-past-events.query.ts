import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { PastEvent } from '../license-event.dto.js';

/** Events of some types after a time: of a license, with what belongs to it, or of other resources. */
export interface PastEventsFilter {
  readonly about: { readonly licenseId: string } | { readonly resourceIds: readonly string[] };
  readonly types: readonly string[];
  readonly after: Date;
}

/** The latest first, also those that are committed and not in the log yet. Throws HistoryTooLongError. */
export class ListPastEventsQuery extends Query<PastEvent[]> {
  constructor(
    readonly actor: Actor,
    readonly past: PastEventsFilter,
  ) {
    super();
  }
}
