import {
  isSameRequest,
  isUsable,
  isNonceFor,
  isProvenBy,
  isSeatProvenBy,
  nonceFor,
  openAnswer,
  verifySignedValidation,
} from './signed-validation.js';
import type { ValidationRequest, SignedValidation, Validation } from './signed-validation.js';
import type { Activation } from './heartbeat.js';
import type { RevocationList } from './revocation-list.js';
import { LicenseError } from './errors.js';
import { check } from './signed-document.js';
import type { Store } from './store.js';
import type { TrustedClock } from './trusted-clock.js';
import type { VerificationContext } from './verification.js';

const ANSWER = 'imprimatur.answer';
/** Codes of results that say nothing about a license, which the server does not sign. */
const UNSIGNED_CODES: readonly string[] = ['NOT_FOUND', 'KEY_REPLACED'];

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
      // The cached result is signed, so it stays.
      check(!valid && UNSIGNED_CODES.includes(code), 'UNSIGNED', 'The response is not signed.');
      return;
    }
    const answer = await this.open(proof, question, nonce, (signed) => isProvenBy(validation, signed));
    await this.keep(answer, proof);
  }

  /**
   * Verifies a new activation, and stores the validation in its proof, unless one to another request is stored: `check` may ask with facts
   * that an activation does not need. Throws like `save`.
   */
  async saveActivation(activation: Activation, question: ValidationRequest, nonce: string): Promise<void> {
    const { proof } = activation;
    if (typeof proof !== 'string') throw new LicenseError('UNSIGNED', 'The response is not signed.');
    const answer = await this.open(proof, question, nonce, (signed) => isSeatProvenBy(activation, signed));
    if (await this.mayReplace(question)) await this.keep(answer, proof);
  }

  /** Returns a new signed result. Throws LicenseError unless it answers this request and proves the response. */
  private async open(
    proof: string,
    question: ValidationRequest,
    nonce: string,
    isProof: (signed: SignedValidation) => boolean,
  ): Promise<SignedValidation> {
    const answer = await openAnswer(proof, this.asker);
    const isOurs = answer.nonce === nonce && answer.device?.fingerprint === this.asker.fingerprint;
    const isSameFeatures = JSON.stringify(question.features) === JSON.stringify(answer.question.features);
    check(
      isOurs && isSameFeatures && isSameRequest(question, answer.question),
      'REPLAYED',
      'The result belongs to another request.',
    );
    check(isProof(answer), 'BAD_SIGNATURE', 'The signed result differs from the response.');
    // The issue time replaces the device clock: the nonce proves that the result is new.
    await this.clock.set(Date.parse(answer.issued_at));
    return answer;
  }

  /** Stores a valid result, and clears the cache after a denial. */
  private async keep(answer: SignedValidation, proof: string): Promise<void> {
    if (!isUsable(answer)) await this.clear();
    else if (answer.nonce === this.latest) await this.store.setItem(ANSWER, proof);
  }

  /** Returns whether nothing is cached that can be used for another request. */
  private async mayReplace(question: ValidationRequest): Promise<boolean> {
    const text = await this.store.getItem(ANSWER);
    if (!text) return true;
    const cached = await openAnswer(text, this.asker).catch(() => undefined);
    return !cached || isSameRequest(question, cached.question);
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
