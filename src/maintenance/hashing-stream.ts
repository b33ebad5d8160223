import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Passes bytes through and provides their SHA-256 in hexadecimal at the end. */
export class HashingStream extends Transform {
  private readonly hash = createHash('sha256');

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.hash.update(chunk);
    done(null, chunk);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}
