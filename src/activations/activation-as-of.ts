import { hydrate } from '../shared/hydrate.js';
import { Activation, type CountedFields } from './activation.entity.js';

/** Type of the event that changes the counted fields of an activation. */
export const ACTIVATION_CHANGED = 'license.activation_changed';

/** Change of the counted fields, as its event recorded it. */
export interface PastActivationChange {
  readonly activationId: string;
  readonly at: Date;
  /** `userId` is also null if it was erased. */
  readonly before: CountedFields;
}

/** Activation as of a past time. */
export interface ActivationAsOf {
  readonly activation: Activation;
  /** Whether a later request overwrote the data of the device and the end of its held seat. */
  readonly overwritten: boolean;
}

/** Returns the counted fields at `instant` of the activations changed since; `changes` are latest first. */
export function countedFieldsAsOf(
  changes: readonly PastActivationChange[],
  instant: Date,
): ReadonlyMap<string, CountedFields> {
  const later = changes.filter(({ at }) => at > instant);
  return new Map(later.map(({ activationId, before }) => [activationId, before]));
}

/**
 * Returns a copy as of `instant`, which must not precede its creation. Extensions of its lease do not matter: an ended lease is never
 * extended, so the activation was active without a gap until its end.
 */
export function activationAsOf(now: Activation, counted: CountedFields | undefined, instant: Date): ActivationAsOf {
  const activation = hydrate(Activation, Object.assign({}, now, counted));
  if (activation.endedAt !== null && activation.endedAt > instant) {
    activation.status = 'ACTIVE';
    activation.endedAt = null;
  }
  return { activation, overwritten: now.lastSeenAt > instant };
}
