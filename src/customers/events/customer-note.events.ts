import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { JsonObject } from '../../shared/json.js';
import type { CustomerNote } from '../notes/customer-note.entity.js';

/** Event of a note. It lacks the text, which could not be deleted from the log, and the partner of the customer, who does not see notes. */
abstract class CustomerNoteEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    { customerId, noteId }: CustomerNote,
    { before, data = {}, personal = null }: { before: boolean; data?: JsonObject; personal?: JsonObject | null },
  ) {
    const exists = (is: boolean) => ({ exists: is });
    const change = { note_id: noteId, ...data, before: exists(before), after: exists(!before) };
    super(actor, now, { resourceType: 'customer', resourceId: customerId }, change, personal);
  }
}

export class CustomerNoteAddedEvent extends CustomerNoteEvent {
  readonly type = 'customer.note_added';

  constructor(actor: Actor, now: Date, note: CustomerNote) {
    super(actor, now, note, { before: false });
  }
}

export class CustomerNoteDeletedEvent extends CustomerNoteEvent {
  readonly type = 'customer.note_deleted';

  constructor(actor: Actor, now: Date, note: CustomerNote, reason?: RecordedReason) {
    super(actor, now, note, { before: true, data: reasonCode(reason), personal: reasonText(reason) });
  }
}
