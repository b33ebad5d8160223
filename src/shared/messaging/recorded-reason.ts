import type { JsonObject } from '../json.js';

/** Reason of an action: a code of a closed list, and free text, which may be personal. */
export interface RecordedReason {
  readonly code: string;
  readonly text?: string | undefined;
}

/** Returns the code for the data of an event; null if no reason was given. */
export function reasonCode(reason: RecordedReason | undefined): JsonObject {
  return { reason: reason ? { code: reason.code } : null };
}

/** Returns the text for the personal data of an event. */
export function reasonText(reason: RecordedReason | undefined): JsonObject {
  return reason?.text === undefined ? {} : { reason: { text: reason.text } };
}
