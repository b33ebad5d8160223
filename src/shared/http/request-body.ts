import type { IncomingMessage } from 'node:http';
import { PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import type { ArrivingBodies } from './arriving-bodies.js';
import { ClientClosedRequestError } from './bounded-request.js';
import type { InFlight } from './in-flight.js';
import { OverloadedError } from '../errors.js';

const KIB = 1024;
const FIRST_BUFFER_BYTES = 4 * KIB;

export class BodyTooLargeError extends PayloadTooLargeException {
  constructor(limitBytes: number) {
    const limit = limitBytes < KIB * KIB ? `${limitBytes / KIB} KiB` : `${limitBytes / KIB / KIB} MiB`;
    super(`The body is larger than ${limit}.`, { errorCode: 'BODY_TOO_LARGE' });
  }
}

/**
 * Collects the body of a request in one buffer, whatever its number of chunks, while the guards check the request.
 * The rest of a rejected or too large body is read and dropped.
 */
export class RequestBody {
  private buffer: Buffer = Buffer.alloc(0);
  private length = 0;
  private isWhole = false;
  private error: Error | undefined;
  private onSettled: () => void = () => undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly limit: number,
    private readonly arriving: ArrivingBodies,
    private readonly inFlight: InFlight,
  ) {}

  /** Starts collecting. `addressOf` returns the address whose memory share the body uses, if it does not arrive with its headers. */
  receive(addressOf: () => string): void {
    const { request } = this;
    request.on('data', this.add);
    request.once('end', this.finish);
    request.once('error', this.fail);
    request.once('close', () => !this.isWhole && this.fail(new ClientClosedRequestError()));
    if (Number(request.headers['content-length']) > this.limit) this.fail(this.tooLarge());
    // Node has parsed everything that arrived with the headers by then; process.nextTick would be too early.
    setImmediate(() => {
      if (!request.complete && !this.error) this.arriving.add(this, addressOf(), this.buffer.length);
    });
  }

  /**
   * Returns the whole body. The request is not in flight while it waits. Throws BodyTooLargeError, UnsupportedMediaTypeException,
   * OverloadedError and ClientClosedRequestError.
   */
  async read(): Promise<Buffer> {
    if (!this.isWhole && !this.error) {
      this.inFlight.end(this.request);
      await new Promise<void>((settled) => (this.onSettled = settled));
    }
    if (this.error) throw this.error;
    if (!this.inFlight.begin(this.request)) throw new OverloadedError();
    return this.buffer.subarray(0, this.length);
  }

  /** Drops what still arrives after the response was sent. */
  discard(): void {
    if (!this.isWhole) this.fail(new ClientClosedRequestError());
  }

  evict(): void {
    this.fail(new OverloadedError());
  }

  private readonly add = (chunk: Buffer): void => {
    if (this.error) return;
    const at = this.length;
    this.length += chunk.length;
    if (this.length > this.limit) {
      this.fail(this.tooLarge());
    } else if (at === 0) {
      this.buffer = chunk;
    } else {
      if (this.buffer.length < this.length) this.grow();
      chunk.copy(this.buffer, at);
    }
    this.arriving.hold(this, this.buffer.length);
  };

  /** Returns the error of a body above its limit; a limit of 0 means that the media type is unsupported. */
  private tooLarge(): Error {
    return this.limit === 0 ? new UnsupportedMediaTypeException() : new BodyTooLargeError(this.limit);
  }

  private grow(): void {
    const announced = Number(this.request.headers['content-length'] ?? this.limit);
    const size = Math.min(announced, Math.max(FIRST_BUFFER_BYTES, this.length * 2));
    const larger = Buffer.allocUnsafe(size);
    this.buffer.copy(larger);
    this.buffer = larger;
  }

  private readonly finish = (): void => {
    if (this.error) return;
    this.isWhole = true;
    this.arriving.remove(this);
    this.onSettled();
  };

  private readonly fail = (error: Error): void => {
    if (this.error || this.isWhole) return;
    this.error = error;
    this.buffer = Buffer.alloc(0);
    this.arriving.remove(this);
    this.onSettled();
  };
}
