import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { HttpException } from '@nestjs/common';

/** Number of chunks of any size that a body may have; each further one needs BYTES_PER_CHUNK, since chunks cost CPU and memory. */
const FREE_CHUNKS = 1_000;
const BYTES_PER_CHUNK = 32;

/** The client closed the connection before its request was answered. Only logs and metrics see this problem. */
export class ClientClosedRequestError extends HttpException {
  constructor(cause?: unknown) {
    super('The client closed the connection.', 499, { cause, errorCode: 'CLIENT_CLOSED_REQUEST' });
  }
}

/** The body has too many chunks for its size. */
export class TooManyChunksError extends Error {
  readonly code = 'TOO_MANY_CHUNKS';
}

/**
 * Returns a request class for an HTTP server that bounds the number of chunks of a body. `onFault` answers the first excess chunk on the
 * bare socket; later chunks are dropped.
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

    /** Wraps Node's ECONNRESET, which would otherwise look like a lost database connection. */
    override destroy(error?: Error): this {
      return super.destroy(error && new ClientClosedRequestError(error));
    }

    /** Replaces the method by which Node discards an unread body without `push`, where chunks would not be counted. */
    _dump(): void {
      this.removeAllListeners('data');
      this.resume();
    }
  };
}
