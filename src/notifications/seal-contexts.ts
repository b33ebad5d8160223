import type { Secrets } from '../shared/secrets/secrets.js';

export function emailMessageSealContext(tenantId: string, emailMessageId: string): string[] {
  return ['email_message', tenantId, emailMessageId];
}

export function emailAttemptSealContext(tenantId: string, attemptId: string): string[] {
  return ['email_attempt', tenantId, attemptId];
}

/** Returns the digest by which messages to an address are found, whatever its case. */
export function recipientDigest(secrets: Secrets, address: string): Buffer {
  return secrets.digest(`email ${address.toLowerCase()}`);
}
