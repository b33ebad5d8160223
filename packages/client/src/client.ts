import type { ValidationRequest, SignedValidation, Validation } from './signed-validation.js';
import { ValidationCache } from './validation-cache.js';
import { LicenseError } from './errors.js';
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
/** Signed answers after which the license file is erased. NOT_FOUND is never signed, so anybody on the way could send it. */
const FINAL: readonly string[] = ['SUSPENDED', 'REVOKED'];

interface CommonOptions extends Server {
  readonly tenantId: string;
  readonly licenseKey: string;
  /** What this device is known by: any text, always the same. */
  readonly fingerprint: string;
  readonly productId?: string | undefined;
  /** What should outlive the program. Without one, nothing does. */
  readonly store?: Store | undefined;
  /** Milliseconds since 1970. */
  readonly clock?: (() => number) | undefined;
}

interface SignedOptions extends CommonOptions {
  /** Public keys of the vendor, at least one: from `/v1/client/{tenant}/jwks.json`, built into the program. */
  readonly keys: readonly PublicKey[];
  readonly unsigned?: false | undefined;
  /**
   * For how long `check` may do without the server beyond what an answer is good for: it keeps a license file of this
   * length, and renews it when half of that has passed. The file holds a seat, which cannot be given back before it ends.
   * If not given, none is kept.
   */
  readonly offlineSeconds?: number | undefined;
}

interface UnsignedOptions extends CommonOptions {
  readonly keys?: undefined;
  /** The program believes any server that answers at `baseUrl`, and stores nothing for offline use. */
  readonly unsigned: true;
  readonly offlineSeconds?: undefined;
}

export type ClientOptions = SignedOptions | UnsignedOptions;

/** Whether the program may run, and who says so. */
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
      /** The answer is past its time, and good for a while because the server cannot be asked: say so. */
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

/** Everything throws LicenseError. */
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
   * Asks the server, and where it cannot be reached the last good answer, and then the license file, that was kept. Never
   * throws for being offline.
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

  /** May the program run? With pinned keys the answer is that of the vendor's server, to this very question. */
  async validate(question: ValidationRequest = {}): Promise<Validation> {
    const { fingerprint, unsigned } = this.options;
    const asked = this.complete(question);
    if (unsigned === true) return this.post('validate', { ...asked, fingerprint });
    const nonce = await this.answers.createNonce();
    const validation = await this.post<Validation>('validate', { ...asked, fingerprint, nonce, signed: true });
    await this.answers.save(validation, asked, nonce);
    return validation;
  }

  /** Takes a seat and keeps it until `deactivate` or `stop`. `onLost` is told when it is lost all the same. */
  async activate(device: object = {}, onLost: (error: LicenseError) => void = () => undefined): Promise<Activation> {
    const { fingerprint } = this.options;
    const { stops } = this;
    const reactivate = () => this.inTurn(() => this.post<Activation>('activate', { ...device, fingerprint }));
    const activation = await reactivate();
    // The program may have called stop() or deactivate() while the server answered.
    if (stops !== this.stops) return activation;
    this.heartbeat?.stop();
    const beat = () => this.post<Activation>('heartbeat', { fingerprint });
    this.heartbeat = new Heartbeat({ beat, reactivate, onLost }, activation);
    return activation;
  }

  /** Gives the seat back. */
  async deactivate(): Promise<Activation> {
    this.stop();
    this.deactivations++;
    return this.inTurn(async () => {
      const activation = await this.post<Activation>('deactivate', { fingerprint: this.options.fingerprint });
      await this.answers.clear();
      return activation;
    });
  }

  /** Sends no more heartbeats; the seat stays until it ends. */
  stop(): void {
    this.stops++;
    this.heartbeat?.stop();
    this.heartbeat = undefined;
  }

  /** Gets a license file for this device, verifies that it was made for this very request, and keeps it. */
  checkOut(ttlSeconds: number, device: object = {}): Promise<LicenseFile> {
    return this.inTurn(() => this.fetchFile(ttlSeconds, device));
  }

  /** Keeps a license file that came another way, as by mail. */
  async importFile(text: string): Promise<LicenseFile> {
    const file = await this.verify(text, await this.clock.now());
    await this.store.setItem(FILE, text);
    return file;
  }

  /** The license file that was kept, if the program may run by it. */
  async verifyStoredFile(): Promise<LicenseFile> {
    const text = await this.store.getItem(FILE);
    if (!text) throw new LicenseError('NO_LICENSE_FILE', 'There is no license file on this device.');
    return this.verify(text, await this.clock.now(), await this.keptRevocations());
  }

  /** Gets the vendor's revocation list and keeps it, unless a newer one was kept before. */
  async refreshRevocations(): Promise<RevocationList> {
    const { tenantId } = this.options;
    const path = `v1/client/${encodeURIComponent(tenantId)}/revocations`;
    const { revocation_list } = await ask<{ revocation_list: string }>(this.options, path);
    return this.importRevocations(revocation_list);
  }

  /** The same with a list that came another way. */
  async importRevocations(text: string): Promise<RevocationList> {
    // The list only takes rights away, so the device clock will do: a clock that was once ahead must not keep lists out.
    const now = (this.options.clock ?? Date.now)();
    const kept = await this.keptRevocations();
    const list = await verifyRevocationList(text, { ...this.trust, now, notBefore: kept?.document.number });
    await this.store.setItem(REVOCATIONS, text);
    return list;
  }

  private post<Answer>(route: string, body: object): Promise<Answer> {
    return ask(this.options, `v1/client/${route}`, { ...body, license_key: this.options.licenseKey });
  }

  private async fetchFile(ttlSeconds: number, device: object = {}): Promise<LicenseFile> {
    const { fingerprint, unsigned } = this.options;
    // The server would hold a seat for a file that nobody can verify.
    if (unsigned === true)
      throw new LicenseError('UNKNOWN_KEY', 'License files need `keys`; this client is `unsigned`.');
    const nonce = globalThis.crypto.randomUUID();
    const request = { ...device, fingerprint, nonce, ttl_seconds: ttlSeconds };
    const { license_file } = await this.post<{ license_file: string }>('check-out', request);
    // Its own time is the time, whatever the clock of this machine says: the nonce shows that it was made just now.
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

  /** By the answer that was kept; where that is not good by the file; where there is none it is the answer that says why not. */
  private async checkOffline(question: ValidationRequest): Promise<Verdict> {
    const cached = await this.byAnswer(question);
    if (cached?.valid) return cached;
    const filed = await this.byFile(question);
    return cached && filed.code === 'NO_LICENSE_FILE' ? cached : filed;
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

  /** The server said yes: a file that cannot be had now is tried for again by the next check. */
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
      // A check that was in flight when the program gave its seat back must not take the seat again.
      if (deactivations === this.deactivations) await this.fetchFile(offlineSeconds);
    };
    await this.inTurn(renew).catch((error: unknown) => {
      if (!(error instanceof LicenseError)) throw error;
    });
  }

  /**
   * Runs calls that take the seat or give it back one after the other. In flight together, they could reach the server in
   * another order, and an activation would undo the deactivation that the program called after it.
   */
  private inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.seatCalls.then(call);
    this.seatCalls = result.catch(() => undefined);
    return result;
  }

  /**
   * The stored list, also past its next update. A list that is damaged, or signed with a key that an update no longer pins,
   * counts as absent: it would keep later lists out for ever, and deleting it has the same effect.
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

/** Throws where a program would believe every server without having asked for that by name. */
function checkOptions(options: ClientOptions): void {
  // Programs in JavaScript may pass anything, such as a whole JSON Web Key Set as `keys`.
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
