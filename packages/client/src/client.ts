import type { ValidationRequest, SignedValidation, Validation } from './signed-validation.js';
import { ValidationCache } from './validation-cache.js';
import { LicenseError, type Replacement } from './errors.js';
import { Heartbeat, type Activation } from './heartbeat.js';
import { ask, type Server } from './http.js';
import type { PublicKey } from './ed25519.js';
import { verifyLicenseFile, type LicenseFile } from './license-file.js';
import type { NextStep } from './next.js';
import { openRevocationList, verifyRevocationList, type RevocationList } from './revocation-list.js';
import { check, openDocument, type Trust } from './signed-document.js';
import { memoryStore, type Store } from './store.js';
import { TrustedClock } from './trusted-clock.js';
import { checkFeatures } from './verification.js';

const FILE = 'imprimatur.license-file';
const REVOCATIONS = 'imprimatur.revocation-list';
/** Codes of signed results that delete the license file. NOT_FOUND is never signed, so an attacker could send it. */
const FINAL: readonly string[] = ['SUSPENDED', 'REVOKED', 'DEVICE_BLOCKED'];

interface CommonOptions extends Server {
  readonly tenantId: string;
  readonly licenseKey: string;
  /** Stable identifier of this device: any text. */
  readonly fingerprint: string;
  readonly productId?: string | undefined;
  /** Storage beyond the end of the program; without it nothing is persisted. */
  readonly store?: Store | undefined;
  /** Returns milliseconds since 1970. */
  readonly clock?: (() => number) | undefined;
}

interface SignedOptions extends CommonOptions {
  /** Public keys of the vendor, at least one: from `/v1/client/{tenant}/jwks.json`, built into the program. */
  readonly keys: readonly PublicKey[];
  readonly unsigned?: false | undefined;
  /**
   * Seconds for which `check` may work offline beyond a cached result: a license file of this validity is kept and renewed at half of it.
   * The file holds a seat until it expires. Undefined keeps no file.
   */
  readonly offlineSeconds?: number | undefined;
}

interface UnsignedOptions extends CommonOptions {
  readonly keys?: undefined;
  /** Trusts any server at `baseUrl`, and stores nothing for offline use. */
  readonly unsigned: true;
  readonly offlineSeconds?: undefined;
}

export type ClientOptions = SignedOptions | UnsignedOptions;

/** The verdict on whether the program may run, and its source. */
export type Verdict =
  | {
      readonly valid: boolean;
      readonly code: string;
      readonly source: 'server';
      readonly next: NextStep;
      readonly validation: Validation;
    }
  | {
      readonly valid: true;
      readonly code: string;
      readonly source: 'cache';
      /** The result is past its refresh time, and valid for a while because the server is unreachable; inform the user. */
      readonly grace: boolean;
      readonly answer: SignedValidation;
    }
  | { readonly valid: true; readonly code: 'VALID'; readonly source: 'file'; readonly file: LicenseFile }
  | {
      readonly valid: false;
      readonly code: string;
      readonly source: 'cache' | 'file';
      readonly next: NextStep;
      readonly error: LicenseError;
    };

/** Client of the licensing server. Every method throws LicenseError. */
export class LicenseClient {
  private readonly store: Store;
  private readonly clock: TrustedClock;
  private readonly answers: ValidationCache;
  private readonly trust: Trust;
  private readonly offlineSeconds: number | undefined;
  private heartbeat: Heartbeat | undefined;
  private seatCalls: Promise<unknown> = Promise.resolve();
  private stops = 0;
  private deactivations = 0;

  constructor(private readonly options: ClientOptions) {
    checkOptions(options);
    this.trust = { tenantId: options.tenantId, keys: options.keys ?? [] };
    this.offlineSeconds = options.offlineSeconds;
    this.store = options.store ?? memoryStore();
    this.clock = new TrustedClock(this.store, options.clock ?? Date.now);
    this.answers = new ValidationCache(this.store, this.clock, { ...options, ...this.trust });
  }

  /**
   * Validates with the server; while it is unreachable, with the cached result, then with the license file. Being offline alone never
   * throws.
   */
  async check(question: ValidationRequest = {}): Promise<Verdict> {
    const { deactivations } = this;
    try {
      const validation = await this.validate(question);
      const { valid, code, next } = validation;
      if (valid) await this.renewFile(deactivations);
      else if (FINAL.includes(code) && this.options.unsigned !== true) await this.store.setItem(FILE, '');
      return { valid, code, source: 'server', next, validation };
    } catch (error) {
      if (!(error instanceof LicenseError) || error.code !== 'UNREACHABLE') throw error;
      return this.checkOffline(question);
    }
  }

  /** Validates the license with the server. With pinned keys the result is verified and bound to this request. */
  async validate(question: ValidationRequest = {}): Promise<Validation> {
    const { fingerprint, unsigned } = this.options;
    const asked = this.complete(question);
    if (unsigned === true) return this.post('validate', { ...asked, fingerprint });
    const nonce = await this.answers.createNonce();
    const validation = await this.post<Validation>('validate', { ...asked, fingerprint, nonce, signed: true });
    await this.answers.save(validation, asked, nonce);
    return validation;
  }

  /** Takes a seat and keeps it until `deactivate` or `stop`. Calls `onLost` if the seat is lost meanwhile. */
  activate(device: object = {}, onLost?: (error: LicenseError) => void): Promise<Activation> {
    return this.takeSeat('activate', {}, device, onLost);
  }

  /**
   * Takes the seat of another device, which the user chose from the `replacement` of the error that `activate` threw. Then like `activate`.
   */
  replace(
    activationId: string,
    { replacement_token }: Replacement,
    device: object = {},
    onLost?: (error: LicenseError) => void,
  ): Promise<Activation> {
    return this.takeSeat('replace', { activation_id: activationId, replacement_token }, device, onLost);
  }

  private async takeSeat(
    route: string,
    more: object,
    device: object,
    onLost: (error: LicenseError) => void = () => undefined,
  ): Promise<Activation> {
    const { fingerprint } = this.options;
    const { stops } = this;
    const activation = await this.inTurn(() => this.postActivation(route, device, more));
    // The program may have called stop() or deactivate() while the request was in flight.
    if (stops !== this.stops) return activation;
    this.heartbeat?.stop();
    const beat = () => this.post<Activation>('heartbeat', { fingerprint });
    const reactivate = () => this.inTurn(() => this.postActivation('activate', device));
    this.heartbeat = new Heartbeat({ beat, reactivate, onLost }, activation);
    return activation;
  }

  /** With pinned keys the activation is verified and bound to this request, as a validation is. */
  private async postActivation(route: string, device: object, more: object = {}): Promise<Activation> {
    const { fingerprint, unsigned } = this.options;
    const asked = this.complete(device);
    const body = { ...asked, ...more, fingerprint };
    if (unsigned === true) return this.post(route, body);
    const nonce = await this.answers.createNonce();
    const activation = await this.post<Activation>(route, { ...body, nonce, signed: true });
    await this.answers.saveActivation(activation, asked, nonce);
    return activation;
  }

  /** Frees the seat. */
  async deactivate(): Promise<Activation> {
    this.stop();
    this.deactivations++;
    return this.inTurn(async () => {
      const activation = await this.post<Activation>('deactivate', { fingerprint: this.options.fingerprint });
      await this.answers.clear();
      return activation;
    });
  }

  /** Stops heartbeats; the seat stays until its lease ends. */
  stop(): void {
    this.stops++;
    this.heartbeat?.stop();
    this.heartbeat = undefined;
  }

  /** Fetches a license file for this device, verifies that it belongs to this request, and stores it. */
  checkOut(ttlSeconds: number, device: object = {}): Promise<LicenseFile> {
    return this.inTurn(() => this.fetchFile(ttlSeconds, device));
  }

  /** Stores a license file from another source, such as mail. */
  async importFile(text: string): Promise<LicenseFile> {
    const file = await this.verify(text, await this.clock.now());
    await this.store.setItem(FILE, text);
    return file;
  }

  /** Returns the stored license file if it is valid. */
  async verifyStoredFile(): Promise<LicenseFile> {
    const text = await this.store.getItem(FILE);
    if (!text) throw new LicenseError('NO_LICENSE_FILE', 'There is no license file on this device.');
    return this.verify(text, await this.clock.now(), await this.keptRevocations());
  }

  /** Fetches and stores the vendor's revocation list, unless a newer one is stored. */
  async refreshRevocations(): Promise<RevocationList> {
    const { tenantId } = this.options;
    const path = `v1/client/${encodeURIComponent(tenantId)}/revocations`;
    const { revocation_list } = await ask<{ revocation_list: string }>(this.options, path);
    return this.importRevocations(revocation_list);
  }

  /** Stores a revocation list from another source, unless a newer one is stored. */
  async importRevocations(text: string): Promise<RevocationList> {
    // A list only revokes rights, so the device clock suffices: a clock that was once ahead must not block lists.
    const now = (this.options.clock ?? Date.now)();
    const kept = await this.keptRevocations();
    const list = await verifyRevocationList(text, { ...this.trust, now, notBefore: kept?.document.number });
    await this.store.setItem(REVOCATIONS, text);
    return list;
  }

  private post<Answer>(route: string, body: object): Promise<Answer> {
    return ask(this.options, `v1/client/${route}`, { ...body, ...presentedKey(this.options) });
  }

  private async fetchFile(ttlSeconds: number, device: object = {}): Promise<LicenseFile> {
    const { fingerprint, unsigned } = this.options;
    // The server would hold a seat for a file that the program cannot verify.
    if (unsigned === true)
      throw new LicenseError('UNKNOWN_KEY', 'License files need `keys`; this client is `unsigned`.');
    const nonce = globalThis.crypto.randomUUID();
    const request = { ...device, fingerprint, nonce, ttl_seconds: ttlSeconds };
    const { license_file } = await this.post<{ license_file: string }>('check-out', request);
    // The issue time of the file replaces the device clock: the nonce proves that it was just issued.
    const { issued_at } = await openDocument(license_file, 'license', this.trust);
    const file = await this.verify(license_file, Date.parse(issued_at));
    check(file.nonce === nonce, 'REPLAYED', 'The license file was made for another request.');
    await this.clock.set(Date.parse(file.issued_at));
    await this.store.setItem(FILE, license_file);
    return file;
  }

  private verify(text: string, now: number, revocations?: RevocationList): Promise<LicenseFile> {
    const { productId, fingerprint } = this.options;
    return verifyLicenseFile(text, { ...this.trust, productId, fingerprint, now, revocations });
  }

  private complete(question: ValidationRequest): ValidationRequest {
    const { productId: product_id } = this.options;
    return { ...(product_id !== undefined && { product_id }), ...question };
  }

  /** Decides by the cached result, else by the license file. Without a file the cached denial is the verdict. */
  private async checkOffline(question: ValidationRequest): Promise<Verdict> {
    const cached = await this.byAnswer(question);
    if (cached?.valid) return cached;
    const fileVerdict = await this.byFile(question);
    return cached && fileVerdict.code === 'NO_LICENSE_FILE' ? cached : fileVerdict;
  }

  private async byAnswer(question: ValidationRequest): Promise<Verdict | undefined> {
    try {
      const answer = await this.answers.load(this.complete(question), await this.keptRevocations());
      if (!answer) return undefined;
      const grace = (await this.clock.now()) >= Date.parse(answer.refresh_at);
      return { valid: true, code: answer.valid ? answer.code : 'VALID', source: 'cache', grace, answer };
    } catch (error) {
      return refusal('cache', error);
    }
  }

  private async byFile({ features = [] }: ValidationRequest): Promise<Verdict> {
    try {
      const file = await this.verifyStoredFile();
      checkFeatures(file.license.features, features, await this.clock.now());
      return { valid: true, code: 'VALID', source: 'file', file };
    } catch (error) {
      return refusal('file', error);
    }
  }

  /** Renews the license file after a valid result; after a failure the next check retries. */
  private async renewFile(deactivations: number): Promise<void> {
    const { offlineSeconds } = this;
    if (offlineSeconds === undefined) return;
    try {
      const file = await this.verifyStoredFile();
      if ((await this.clock.now()) < Date.parse(file.refresh_at)) return;
    } catch (error) {
      if (!(error instanceof LicenseError)) throw error;
    }
    const renew = async () => {
      // A check that was in flight when the program freed its seat must not take the seat again.
      if (deactivations === this.deactivations) await this.fetchFile(offlineSeconds);
    };
    await this.inTurn(renew).catch((error: unknown) => {
      if (!(error instanceof LicenseError)) throw error;
    });
  }

  /**
   * Runs calls that take or free the seat one after another. In flight together, they could reach the server in another order, and an
   * activation would undo a later deactivation.
   */
  private inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.seatCalls.then(call);
    this.seatCalls = result.catch(() => undefined);
    return result;
  }

  /**
   * Returns the stored list, also past its next update. A damaged list, or one of a key that is no longer pinned, counts as absent,
   * because it would block later lists forever.
   */
  private async keptRevocations(): Promise<RevocationList | undefined> {
    const text = await this.store.getItem(REVOCATIONS);
    if (!text) return undefined;
    return openRevocationList(text, this.trust).catch((error: unknown) => {
      if (error instanceof LicenseError) return undefined;
      throw error;
    });
  }
}

/** Throws if the program would trust every server without `unsigned: true`. */
function checkOptions(options: ClientOptions): void {
  // Programs in JavaScript may pass any value, such as a whole JSON Web Key Set as `keys`.
  const { keys, unsigned, offlineSeconds }: Partial<Record<keyof SignedOptions, unknown>> = options;
  if (unsigned === true) {
    const excluded = keys === undefined && offlineSeconds === undefined;
    check(excluded, 'INVALID_OPTIONS', '`unsigned` must not be combined with `keys` or `offlineSeconds`.');
    return;
  }
  const message =
    '`keys` must contain at least one public key, from /v1/client/{tenant}/jwks.json. ' +
    'An empty set means that the tenant has signed nothing yet. `unsigned: true` accepts any server.';
  check(Array.isArray(keys) && keys.length > 0, 'INVALID_OPTIONS', message);
}

function refusal(source: 'cache' | 'file', error: unknown): Verdict {
  if (!(error instanceof LicenseError)) throw error;
  return { valid: false, code: error.code, source, next: error.next, error };
}

/** The tenant is always named: a license key of any form may be imported, and is found only for its tenant. */
function presentedKey({ licenseKey, tenantId }: ClientOptions) {
  return { license_key: licenseKey, tenant_id: tenantId };
}
