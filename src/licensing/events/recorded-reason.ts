import type { JsonObject } from '../../shared/json.js';

/** Why: one of a closed list of codes, and words, which may tell of somebody. */
export interface RecordedReason {
  readonly code: string;
  readonly text?: string | undefined;
}

/** The code, for the data of an event; null where none was given. */
export function reasonCode(reason: RecordedReason | undefined): JsonObject {
  return { reason: reason ? { code: reason.code } : null };
}

/** The words, for what is personal in it. */
export function reasonText(reason: RecordedReason | undefined): JsonObject {
  return reason?.text === undefined ? {} : { reason: { text: reason.text } };
}
