import { Injectable } from '@nestjs/common';
import { SealError, Secrets } from '../../shared/secrets/secrets.js';

const VALID_MS = 10 * 60 * 1000;

/** The refused request that a replacement token was made for. */
export interface RefusedDevice {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly fingerprint: string;
  /** Latest activation of the device, which has ended; null: it was never activated. */
  readonly lastActivationId: string | null;
}

export interface ReplacementToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * Tokens by which a refused device may take the place of another. A token names the latest activation of the device, and the device has a
 * later one as soon as the token was used: so it can be used once, though no token is stored.
 */
@Injectable()
export class ReplacementTokens {
  constructor(private readonly secrets: Secrets) {}

  create(refused: RefusedDevice, now: Date): ReplacementToken {
    const expiresAt = new Date(now.getTime() + VALID_MS);
    const content = JSON.stringify([refused.lastActivationId, expiresAt.getTime()]);
    return { token: this.secrets.seal(content, contextOf(refused)).toString('base64url'), expiresAt };
  }

  /** Tells whether the token was made for this device in its present state, and has not expired. */
  isValid(token: string, refused: RefusedDevice, now: Date): boolean {
    try {
      const content = this.secrets.unseal(Buffer.from(token, 'base64url'), contextOf(refused));
      const [lastActivationId, expiresAt] = JSON.parse(content) as [string | null, number];
      return lastActivationId === refused.lastActivationId && now.getTime() < expiresAt;
    } catch (error) {
      if (error instanceof SealError) return false;
      throw error;
    }
  }
}

function contextOf({ tenantId, licenseId, fingerprint }: RefusedDevice): readonly string[] {
  return ['replacement', tenantId, licenseId, fingerprint];
}
