import {
  isSameRequest,
  isUsable,
  isNonceFor,
  isProvenBy,
  nonceFor,
  openAnswer,
  verifySignedValidation,
} from './signed-validation.js';
import type { ValidationRequest, SignedValidation, Validation } from './signed-validation.js';
import type { RevocationList } from './revocation-list.js';
import { check } from './signed-document.js';
import type { Store } from './store.js';
import type { TrustedClock } from './trusted-clock.js';
import type { VerificationContext } from './verification.js';

const ANSWER = 'imprimatur.answer';

interface Asker extends VerificationContext {
  readonly licenseKey: string;
  readonly fingerprint: string;
}

/** Stores the last valid result of the server. */
export class ValidationCache {
  /** Nonce of the latest request, unless the cache was cleared since: results of earlier requests are not stored. */
  private latest: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly clock: TrustedClock,
    private readonly asker: Asker,
  ) {}

  /** Returns the nonce of a new request. */
  async createNonce(): Promise<string> {
    const nonce = await nonceFor(this.asker.licenseKey);
    this.latest = nonce;
    return nonce;
  }

  /**
   * Verifies a new result, stores a valid one and clears the cache after a signed denial. Throws LicenseError unless the server signed
   * exactly this result for this request.
   */
  async save(validation: Validation, question: ValidationRequest, nonce: string): Promise<void> {
    const { proof, valid, code } = validation;
    if (typeof proof !== 'string') {
      // NOT_FOUND cannot be signed, and the cached result is signed, so it stays.
      check(!valid && code === 'NOT_FOUND', 'UNSIGNED', 'The response is not signed.');
      return;
    }
    const answer = await openAnswer(proof, this.asker);
    const isOurs = answer.nonce === nonce && answer.device?.fingerprint === this.asker.fingerprint;
    const isSameFeatures = JSON.stringify(question.features) === JSON.stringify(answer.question.features);
    check(
      isOurs && isSameFeatures && isSameRequest(question, answer.question),
      'REPLAYED',
      'The result belongs to another request.',
    );
    check(isProvenBy(validation, answer), 'BAD_SIGNATURE', 'The signed result differs from the response.');
    // The issue time replaces the device clock: the nonce proves that the result is new.
    await this.clock.set(Date.parse(answer.issued_at));
    if (!isUsable(answer)) await this.clear();
    else if (nonce === this.latest) await this.store.setItem(ANSWER, proof);
  }

  /** Returns the cached result if it belongs to this request and is valid; undefined if none is cached. Throws LicenseError. */
  async load(question: ValidationRequest, revocations?: RevocationList): Promise<SignedValidation | undefined> {
    const text = await this.store.getItem(ANSWER);
    if (!text) return undefined;
    const now = await this.clock.now();
    const { tenantId, keys, licenseKey, fingerprint, productId } = this.asker;
    const use = { tenantId, keys, fingerprint, productId, now, revocations };
    const answer = await verifySignedValidation(text, use, question.features);
    const isOurs = isUsable(answer) && answer.device !== null && (await isNonceFor(licenseKey, answer.nonce));
    check(
      isOurs && isSameRequest(question, answer.question),
      'REPLAYED',
      'The cached result belongs to another request.',
    );
    return answer;
  }

  async clear(): Promise<void> {
    this.latest = undefined;
    await this.store.setItem(ANSWER, '');
  }
}
