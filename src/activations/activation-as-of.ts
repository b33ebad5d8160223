import { hydrate } from '../shared/persistence/hydrate.js';
import { Activation, type CountedFields } from './activation.entity.js';

/** The event that tells of a change of what is counted of an activation. */
export const ACTIVATION_CHANGED = 'license.activation_changed';

/** One such event. */
export interface PastActivationChange {
  readonly activationId: string;
  readonly at: Date;
  /** Whose it was is null also where that was erased. */
  readonly before: CountedFields;
}

/** An activation as it was. */
export interface ActivationAsOf {
  readonly activation: Activation;
  /** The device has been heard of since: what it said of itself then, and until when its seat was lent, was overwritten. */
  readonly overwritten: boolean;
}

/** What was counted then of each activation that has changed since, from the changes, the latest first. */
export function countedFieldsAsOf(
  changes: readonly PastActivationChange[],
  instant: Date,
): ReadonlyMap<string, CountedFields> {
  const later = changes.filter(({ at }) => at > instant);
  return new Map(later.map(({ activationId, before }) => [activationId, before]));
}

/**
 * An activation at a time not before it was made. It is active from then until it ends, without a gap: a lease that has ended
 * is never renewed, so how often it was renewed need not be known. `now` itself is left alone.
 */
export function activationAsOf(now: Activation, counted: CountedFields | undefined, instant: Date): ActivationAsOf {
  const activation = hydrate(Activation, Object.assign({}, now, counted));
  if (activation.endedAt !== null && activation.endedAt > instant) {
    activation.status = 'ACTIVE';
    activation.endedAt = null;
  }
  return { activation, overwritten: now.lastSeenAt > instant };
}
