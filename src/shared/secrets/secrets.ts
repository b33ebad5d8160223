import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { randomBytes } from '../random.js';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const DIGEST_BYTES = 16;

/** The value cannot be unsealed: it was changed, or sealed with another master key or context. */
export class SealError extends Error {}

interface MasterKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

/**
 * Keys of an installation, 32 bytes each. The first master key seals values that must be readable again, and every master key unseals. The
 * lookup key makes digests by which a value can be found without being stored.
 */
export class Secrets {
  private readonly first: MasterKey;
  private readonly all: readonly MasterKey[];

  constructor(
    readonly masterKeys: readonly Buffer[],
    readonly lookupKey: Buffer,
  ) {
    const [first] = (this.all = masterKeys.map((key) => ({ id: keyId(key), key })));
    if (!first || [...masterKeys, lookupKey].some((key) => key.length !== KEY_BYTES)) {
      throw new TypeError(`Secrets are ${KEY_BYTES} bytes each, and one master key is the least.`);
    }
    this.first = first;
  }

  /** Returns true if the first master key sealed the value. */
  isCurrent(sealed: Buffer): boolean {
    return sealed.subarray(1, HEADER_BYTES).equals(this.first.id);
  }

  /** Id of the first master key, which a sealed value contains from its second byte. */
  get currentKeyId(): Buffer {
    return this.first.id;
  }

  /**
   * Seals text with AES-256-GCM, bound to `context` (such as tenant and license), so that a value moved to another row cannot be unsealed.
   * Layout: format (1 byte), id of the master key (4), IV (12), tag (16), ciphertext.
   */
  seal(plaintext: string, context: readonly string[]): Buffer {
    const header = Buffer.concat([Buffer.of(FORMAT), this.first.id]);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.first.key, iv).setAAD(additionalData(header, context));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext]);
  }

  /** Unseals a value. Throws SealError. */
  unseal(sealed: Buffer, context: readonly string[]): string {
    const header = sealed.subarray(0, HEADER_BYTES);
    const iv = sealed.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
    const body = sealed.subarray(HEADER_BYTES + IV_BYTES);
    const master = this.all.find(({ id }) => id.equals(header.subarray(1)));
    if (header[0] !== FORMAT || !master || body.length < TAG_BYTES) {
      throw new SealError('The value was sealed with another master key.');
    }
    try {
      const decipher = createDecipheriv(ALGORITHM, master.key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(header, context)).setAuthTag(body.subarray(0, TAG_BYTES));
      return Buffer.concat([decipher.update(body.subarray(TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new SealError('The sealed value was changed or belongs elsewhere.', { cause });
    }
  }

  /** Returns the HMAC-SHA-256, cut to 16 bytes because long random digests make large indexes. */
  digest(value: string): Buffer {
    return createHmac('sha256', this.lookupKey).update(value, 'utf8').digest().subarray(0, DIGEST_BYTES);
  }
}

function keyId(key: Buffer): Buffer {
  return createHash('sha256').update('imprimatur master key').update(key).digest().subarray(0, KEY_ID_BYTES);
}

/** Returns the authenticated data. The context is encoded as JSON, so that different contexts never have the same bytes. */
function additionalData(header: Buffer, context: readonly string[]): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify(context), 'utf8')]);
}
