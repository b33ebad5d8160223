import stableStringify from 'safe-stable-stringify';
import { recipientDigest } from '../notifications/index.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { subjectOf } from './definitions/definitions.js';

/** Digests of the lookup key that a run is known by. */
export interface RunDigests {
  /** Tells whether a second start has the same input. */
  readonly input: Buffer;
  /** Finds the run of a person whose customer is not created yet. Null if the input has no e-mail address. */
  readonly email: Buffer | null;
}

/** Returns the digests of a validated input. */
export function runDigests(secrets: Secrets, workflow: string, input: unknown): RunDigests {
  const email = subjectOf(workflow, input).email;
  return {
    input: secrets.digest(`workflow input ${stableStringify(input)}`),
    email: email === undefined ? null : recipientDigest(secrets, email),
  };
}
