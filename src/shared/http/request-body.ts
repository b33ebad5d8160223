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
 * The body of a request while it arrives, in one buffer, however many chunks it comes in. The guards look at the request
 * meanwhile: what they refuse, or what is too large, is read off and not kept.
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

  /** `addressOf` says whose share of the memory it takes, asked of the few that do not arrive with their headers. */
  receive(addressOf: () => string): void {
    const { request } = this;
    request.on('data', this.add);
    request.once('end', this.finish);
    request.once('error', this.fail);
    request.once('close', () => !this.isWhole && this.fail(new ClientClosedRequestError()));
    if (Number(request.headers['content-length']) > this.limit) this.fail(this.tooLarge());
    // By then Node has parsed all that came together with the headers; process.nextTick would come before.
    setImmediate(() => {
      if (!request.complete && !this.error) this.arriving.add(this, addressOf(), this.buffer.length);
    });
  }

  /**
   * Resolves with the whole body. While it waits the request is not in flight. Throws BodyTooLargeError, OverloadedError and
   * ClientClosedRequestError.
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

  /** The answer is sent: what still comes is read off. */
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

  /** Of a media type that is not supported no byte is taken. */
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
