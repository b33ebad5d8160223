import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Payload of Temporal. Both members may be absent on the wire. */
export interface Payload {
  readonly metadata?: Record<string, Uint8Array> | null;
  readonly data?: Uint8Array | null;
}

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  readonly id: string;
  readonly secret: Buffer;
}

/** Encrypts all payloads by AES-256-GCM, so that Temporal stores no input, result, signal or error that could be read. */
export class EncryptingPayloadCodec {
  private readonly keys: readonly Key[];

  /** `keys` are 32 bytes in base64, separated by commas: the first encrypts, all decrypt. Throws TypeError for anything else. */
  constructor(keys: string) {
    this.keys = keys.split(',').map((text) => {
      const secret = Buffer.from(text.trim(), 'base64');
      if (secret.length !== KEY_BYTES) throw new TypeError('TEMPORAL_PAYLOAD_KEY must be 32 bytes in base64.');
      return { id: createHash('sha256').update(secret).digest('hex').slice(0, 16), secret };
    });
  }

  encode<P extends Payload>(payloads: P[]): Promise<P[]> {
    return Promise.resolve(payloads.map((payload) => this.encrypt(payload) as P));
  }

  /** Leaves payloads of others as they are. */
  decode<P extends Payload>(payloads: P[]): Promise<P[]> {
    return Promise.resolve(payloads.map((payload) => this.decrypt(payload) as P));
  }

  private encrypt(payload: Payload): Payload {
    const [key] = this.keys as [Key];
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key.secret, iv, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(toBytes(payload)), cipher.final()]);
    return {
      metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(key.id) },
      data: Buffer.concat([iv, cipher.getAuthTag(), sealed]),
    };
  }

  private decrypt(payload: Payload): Payload {
    const { metadata, data } = payload;
    if (textOf(metadata?.encoding) !== ENCODING || !data) return payload;
    const id = textOf(metadata?.['encryption-key-id']);
    const key = this.keys.find((known) => known.id === id);
    if (!key) throw new Error(`TEMPORAL_PAYLOAD_KEY has no key ${id}.`);
    const tagEnd = IV_BYTES + TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key.secret, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(IV_BYTES, tagEnd));
    return fromBytes(Buffer.concat([decipher.update(data.subarray(tagEnd)), decipher.final()]));
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** JSON with all bytes in base64. */
function toBytes({ metadata, data }: Payload): Buffer {
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  const entries = Object.entries<Uint8Array>(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const);
  return Buffer.from(JSON.stringify({ metadata: Object.fromEntries(entries), data: base64(data) }));
}

function fromBytes(bytes: Buffer): Payload {
  const { metadata, data } = JSON.parse(bytes.toString()) as { metadata: Record<string, string>; data: string };
  const entries = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}
