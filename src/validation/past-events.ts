import { ACTIVATION_CHANGED, type PastActivationChange } from '../activations/index.js';
import type { PastEvent } from '../audit/index.js';
import type { PastChange } from '../licensing/index.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';

export const TENANT_UPDATED = 'tenant.updated';
export const CUSTOMER_ERASED = 'customer.erased';

/** Selects the events that changed the terms of a license. */
export function licenseChangesIn(events: readonly PastEvent[]): PastChange[] {
  return events
    .filter(({ type }) => type !== ACTIVATION_CHANGED)
    .map(({ at, data, withoutPersonalData }) => ({
      at,
      before: objectIn(data, 'before'),
      after: objectIn(data, 'after'),
      customerErased: withoutPersonalData,
    }));
}

/** Selects the events that changed activations of a license. */
export function activationChangesIn(events: readonly PastEvent[]): PastActivationChange[] {
  return events.filter(isActivationChange).map(({ at, resourceId, data }) => {
    const { units, user_id } = objectIn(data, 'before');
    return {
      activationId: resourceId,
      at,
      before: { units: Number(units), userId: typeof user_id === 'string' ? user_id : null },
    };
  });
}

/** Returns whether the user of a device has been erased. */
export function hasErasedUsers(events: readonly PastEvent[]): boolean {
  return events.some((event) => isActivationChange(event) && event.withoutPersonalData);
}

/** Returns the status before the earliest of these changes (latest first); undefined if there was none. */
export function tenantStatusBefore(events: readonly PastEvent[]): string | undefined {
  const before = events
    .filter(({ type }) => type === TENANT_UPDATED)
    .map(({ data }) => objectIn(data, 'before').status)
    .filter((status) => typeof status === 'string');
  return before.at(-1);
}

/** Returns whether one of these customers was erased. */
export function includesErasureOf(events: readonly PastEvent[], customerIds: readonly string[]): boolean {
  return events.some(({ type, resourceId }) => type === CUSTOMER_ERASED && customerIds.includes(resourceId));
}

function isActivationChange({ type }: PastEvent): boolean {
  return type === ACTIVATION_CHANGED;
}

function objectIn(data: JsonObject, name: string): JsonObject {
  const value = data[name];
  return isJsonObject(value) ? value : {};
}
