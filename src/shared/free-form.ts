import type { JsonObject } from './messaging/integration-event.js';
import { mergePatch } from './json.js';
import { InvalidFieldError } from './errors.js';
import { FreeFormInput } from './http/schema.js';

/** Merges a patch into a free-form object; the limits hold for what comes out. Throws InvalidFieldError. */
export function mergeFreeForm(current: JsonObject, patch: JsonObject, pointer: string): JsonObject {
  const merged = mergePatch(current, patch);
  const checked = FreeFormInput.safeParse(merged);
  if (!checked.success) throw new InvalidFieldError(pointer, checked.error.issues[0]?.message ?? 'is not valid');
  return merged;
}
