import { randomBytes, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../shared/time/clock.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { Secrets } from '../shared/secrets/secrets.js';
import { TenantNotFoundError } from '../shared/access/access.errors.js';
import type { Actor } from '../shared/access/actor.js';
import { lockTenant } from '../shared/persistence/tenant-lock.js';
import { privateKeyOf, SEED_BYTES } from './ed25519.js';
import {
  SigningKeyActivatedEvent,
  SigningKeyCreatedEvent,
  SigningKeyRetiredEvent,
} from './events/signing-key.events.js';
import { signDocument, type SignedDocument, type UnsignedDocument } from './signed-document.js';
import { SigningKey, signingKeySealContext } from './signing-key.entity.js';
import { NoActiveSigningKeyError } from './signing-key.errors.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SIGNING_KEY_STATES } from './signing-key-state.js';

const MAX_PRIVATE_KEYS = 1_000;

/** Creates keys, selects the active one, and signs, in the transaction of the caller. */
@Injectable()
export class SigningKeys {
  /** Private keys by id, which follows from the key. To read one takes longer than to sign with it. */
  private readonly privateKeys = new LRUCache<string, KeyObject>({ max: MAX_PRIVATE_KEYS });

  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  async create(transaction: Transaction, actor: Actor, seed: Buffer = randomBytes(SEED_BYTES)): Promise<SigningKey> {
    const now = this.clock.now();
    const seal = (text: string, context: string[]) => this.secrets.seal(text, context);
    const key = SigningKey.create(actor.tenantId, seed, seal, now);
    await this.keys.insert(key);
    transaction.record(new SigningKeyCreatedEvent(actor, now, key.kid));
    return key;
  }

  /** Activates the key and retires the active one. The tenant must be locked. Throws SigningKeyStateError. */
  async activate(transaction: Transaction, actor: Actor, key: SigningKey): Promise<void> {
    const now = this.clock.now();
    key.activate(now);
    for (const { kid } of await this.keys.findIn(actor.tenantId, ['ACTIVE'])) {
      const before = await this.keys.findForUpdate(actor.tenantId, kid);
      // A concurrent action may have retired the key.
      if (before?.state !== 'ACTIVE') continue;
      before.retire(now);
      await this.keys.update(before);
      transaction.record(new SigningKeyRetiredEvent(actor, now, kid));
    }
    await this.keys.update(key);
    transaction.record(new SigningKeyActivatedEvent(actor, now, key.kid));
  }

  /**
   * Returns the active key. A tenant without any gets its first under a lock, once: the oldest CREATED one, else a new one; the tenant
   * activates later ones. Throws TenantNotFoundError, NoActiveSigningKeyError.
   */
  async getOrCreateActive(transaction: Transaction, actor: Actor): Promise<SigningKey> {
    const [key] = await this.keys.findIn(actor.tenantId, ['ACTIVE']);
    if (key) return key;
    if (!(await lockTenant(transaction))) throw new TenantNotFoundError();
    const known = await this.keys.findIn(actor.tenantId, SIGNING_KEY_STATES);
    const chosen = known.find(({ state }) => state === 'ACTIVE');
    if (chosen) return chosen;
    if (known.some(({ state }) => state !== 'CREATED')) throw new NoActiveSigningKeyError();
    const next = (await this.findStandby(actor.tenantId, known)) ?? (await this.create(transaction, actor));
    await this.activate(transaction, actor, next);
    return next;
  }

  sign(key: SigningKey, document: Omit<UnsignedDocument, 'tenantId'>): SignedDocument {
    const { tenantId, kid } = key;
    return { kid, text: signDocument({ ...document, tenantId }, { kid, privateKey: this.privateKeyOf(key) }) };
  }

  private privateKeyOf({ tenantId, kid, publicKey, privateKeySealed }: SigningKey): KeyObject {
    if (!privateKeySealed) throw new Error('A key that signs has no private half.');
    const known = this.privateKeys.get(kid);
    if (known) return known;
    const seed = Buffer.from(this.secrets.unseal(privateKeySealed, signingKeySealContext(tenantId, kid)), 'base64url');
    const privateKey = privateKeyOf({ seed, publicKey });
    this.privateKeys.set(kid, privateKey);
    return privateKey;
  }

  private async findStandby(tenantId: string, created: readonly SigningKey[]): Promise<SigningKey | undefined> {
    for (const { kid } of created) {
      const key = await this.keys.findForUpdate(tenantId, kid);
      if (key?.state === 'CREATED') return key;
    }
    return undefined;
  }
}
