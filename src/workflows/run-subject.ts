import type { Secrets } from '../shared/secrets/secrets.js';

/** Returns the digest by which the run of a person is found whose customer is not created yet. */
export function emailDigest(secrets: Secrets, email: string): Buffer {
  return secrets.digest(`workflow e-mail ${email.toLowerCase()}`);
}
