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

/** Keeps the last good answer of the server. */
export class ValidationCache {
  /** That of the latest question, as long as nothing was forgotten since: what answers an earlier one is not kept any more. */
  private latest: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly clock: TrustedClock,
    private readonly asker: Asker,
  ) {}

  /** The nonce of a question that is about to be asked. */
  async createNonce(): Promise<string> {
    const nonce = await nonceFor(this.asker.licenseKey);
    this.latest = nonce;
    return nonce;
  }

  /**
   * Takes an answer that came just now: keeps a good one, and after a signed no keeps none. Throws LicenseError where the
   * server did not sign just this, for just this question.
   */
  async save(validation: Validation, question: ValidationRequest, nonce: string): Promise<void> {
    const { proof, valid, code } = validation;
    if (typeof proof !== 'string') {
      // No vendor can sign NOT_FOUND. What is kept was signed, so it stays.
      check(!valid && code === 'NOT_FOUND', 'UNSIGNED', 'The response is not signed.');
      return;
    }
    const answer = await openAnswer(proof, this.asker);
    const isOurs = answer.nonce === nonce && answer.device?.fingerprint === this.asker.fingerprint;
    const wanted = JSON.stringify(question.features) === JSON.stringify(answer.question.features);
    check(
      isOurs && wanted && isSameRequest(question, answer.question),
      'REPLAYED',
      'The result belongs to another request.',
    );
    check(isProvenBy(validation, answer), 'BAD_SIGNATURE', 'The signed result differs from the response.');
    // Its own time is the time: the nonce shows that it was made just now.
    await this.clock.set(Date.parse(answer.issued_at));
    if (!isUsable(answer)) await this.clear();
    else if (nonce === this.latest) await this.store.setItem(ANSWER, proof);
  }

  /** The answer that was kept, if it is one to this question and good now. Undefined where none was. Throws LicenseError. */
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
