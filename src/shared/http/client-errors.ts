import type { Socket } from 'node:net';
import { newId } from '../random.js';
import { isStreaming } from './streams/ndjson.js';
import { problem } from './problem.js';
import { isAnswered } from './unread-body.js';

/** Time that the client has to read the response before the connection is destroyed. */
const LINGER_MS = 2_000;

/** Error of Node's HTTP parser or request timer, or TooManyChunksError. */
export type ClientError = Error & { readonly code?: string };

interface ClientProblem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const NOT_HTTP: ClientProblem = { status: 400, code: 'MALFORMED_REQUEST', detail: 'The request is not valid HTTP.' };

export const CLIENT_CLOSED: ClientProblem = {
  status: 499,
  code: 'CLIENT_CLOSED_REQUEST',
  detail: 'The client closed the connection.',
};

const PROBLEMS: Readonly<Record<string, ClientProblem>> = {
  ECONNRESET: CLIENT_CLOSED,
  // Raised if the client ends the connection in the middle of a request.
  HPE_INVALID_EOF_STATE: CLIENT_CLOSED,
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    detail: 'The request did not arrive in time.',
  },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'HEADERS_TOO_LARGE', detail: 'The headers are larger than 16 KiB.' },
  TOO_MANY_CHUNKS: {
    status: 400,
    code: 'TOO_MANY_CHUNKS',
    detail: 'The body comes in too many small chunks. Send chunks of 32 bytes or more.',
  },
};

export function clientProblem({ code = '' }: ClientError): ClientProblem {
  return PROBLEMS[code] ?? NOT_HTTP;
}

/** Answers on the bare socket, because malformed or slow bytes never become a request that Fastify could answer. */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isStreaming(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable || isStreaming(socket) || isAnswered(socket)) {
    socket.destroy();
    return;
  }
  const { status, code, detail } = clientProblem(error);
  const responseBody = problem(status, code, detail, newId());
  const body = JSON.stringify(responseBody);
  // Destroying the socket at once would lose the response; `end` alone would let the client keep it open for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.end(
    `HTTP/1.1 ${status} ${responseBody.title}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
