import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { HttpException } from '@nestjs/common';

/** Every chunk costs an object and a call, so a body may have 1,000 of any size, and beyond them one for each 32 bytes. */
const FREE_CHUNKS = 1_000;
const BYTES_PER_CHUNK = 32;

/** The client has closed the connection before its request was answered. Nobody reads this answer; metrics count it. */
export class ClientClosedRequestError extends HttpException {
  constructor(cause?: unknown) {
    super('The client closed the connection.', 499, { cause, errorCode: 'CLIENT_CLOSED_REQUEST' });
  }
}

/** The body comes in more chunks than its bytes are worth. */
export class TooManyChunksError extends Error {
  readonly code = 'TOO_MANY_CHUNKS';
}

/**
 * The class of requests of a server, whose bodies cannot cost more than they carry. `onFault` answers the first chunk too many on
 * the bare connection; none is read after it.
 */
export function boundedRequest(onFault: (error: TooManyChunksError, socket: Socket) => void): typeof IncomingMessage {
  return class BoundedRequest extends IncomingMessage {
    private chunks = 0;
    private bytes = 0;

    override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
      if (chunk === null) return super.push(chunk, encoding);
      this.chunks++;
      this.bytes += chunk.length;
      const allowed = FREE_CHUNKS + this.bytes / BYTES_PER_CHUNK;
      if (this.chunks <= allowed) return super.push(chunk, encoding);
      if (this.chunks - 1 <= allowed) onFault(new TooManyChunksError(), this.socket);
      return false;
    }

    /** Node's own error is an ECONNRESET like that of a lost database connection, and would be taken for one. */
    override destroy(error?: Error): this {
      return super.destroy(error && new ClientClosedRequestError(error));
    }

    /** Node discards what nobody reads of a body without `push`, where its chunks would not be counted. */
    _dump(): void {
      this.removeAllListeners('data');
      this.resume();
    }
  };
}
