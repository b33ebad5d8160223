import { isJsonObject, jsonFault, type JsonObject, mergePatch } from './json.js';
import { InvalidFieldError } from './errors.js';
import { z } from 'zod';

/** Merges a patch into a free-form object and checks the result against the limits. Throws InvalidFieldError. */
export function mergeFreeForm(current: JsonObject, patch: JsonObject, pointer: string): JsonObject {
  const merged = mergePatch(current, patch);
  const checked = FreeFormInput.safeParse(merged);
  if (!checked.success) throw new InvalidFieldError(pointer, checked.error.issues[0]?.message ?? 'is not valid');
  return merged;
}

const MAX_JSON_BYTES = 16 * 1024;

const MAX_JSON_DEPTH = 8;

const FREE_FORM = 'Free-form JSON object, at most 16 KiB and 8 levels.';

/** Free-form JSON object in responses; its limits were checked on input. */
export const FreeForm = z
  .record(z.string(), z.unknown())
  .meta({ description: FREE_FORM }) as unknown as z.ZodType<JsonObject>;

/** Free-form JSON object in requests. The check precedes zod's own traversal, so that a deeply nested value costs nothing. */
export const FreeFormInput = z
  .unknown()
  .superRefine((value, context) => {
    const fault = !isJsonObject(value) ? 'must be an object' : (jsonFault(value, MAX_JSON_DEPTH) ?? sizeFault(value));
    if (fault) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((value) => value as JsonObject)
  .meta({ type: 'object', additionalProperties: true, description: FREE_FORM });

function sizeFault(value: unknown): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > MAX_JSON_BYTES ? `must be at most ${MAX_JSON_BYTES} bytes as JSON, and has ${bytes}` : undefined;
}
