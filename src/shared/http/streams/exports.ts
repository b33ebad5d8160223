import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../../access/access.decorators.js';
import { OverloadedError } from '../../errors.js';
import { TenantSlots, untilClosed } from '../tenant-slots.js';
import { toProblem } from '../to-problem.js';

/** At once in this process: each holds two pages in memory and, while it reads one, a connection of the pool. */
const MAX_EXPORTS = 8;
const MAX_EXPORTS_PER_TENANT = 4;
/** Bytes that the reader has to take within the time limit, so that a slow one is told from one that has stopped. */
const PIECE_BYTES = 64 * 1024;

/** Lists that are being written out whole, for as long as somebody reads them. */
@Injectable()
export class ExportRegistry {
  private readonly slots = new TenantSlots(MAX_EXPORTS, MAX_EXPORTS_PER_TENANT);
  private readonly running = new Set<Readable>();

  /**
   * Resolves when the first part is there, or fails as that did: from then on an error breaks the answer off. The next part
   * is made when there is room for it. A reader that takes nothing for as long as a request may take is forgotten. Throws
   * OverloadedError.
   */
  async start(parts: AsyncIterable<string>, { id, actor, server }: AuthenticatedRequest, response: ServerResponse) {
    const free = this.slots.take(actor?.tenantId);
    const { requestTimeout } = server.server;
    const forget = () => stream.destroy();
    const stream = Readable.from(piecesOf(parts, requestTimeout, forget), { objectMode: false });
    this.running.add(stream);
    const closed = untilClosed(response).then(forget);
    void untilClosed(stream)
      .then(() => this.running.delete(stream))
      // The last pieces still wait in memory until they are read.
      .then(() => closed)
      .then(free);
    // Nobody can be answered any more, so it is logged here.
    stream.on('error', (error) => stream.readableDidRead && toProblem(error, id));
    await once(stream, 'readable');
    return stream;
  }

  /** A server that stops does not wait for them: whoever reads notices, and asks again. */
  abortAll(): void {
    for (const stream of this.running) stream.destroy(new OverloadedError());
  }
}

/** Calls `forget` when the reader does not come for the next piece in time. The time in which a part is made does not count. */
async function* piecesOf(parts: AsyncIterable<string>, timeoutMs: number, forget: () => void): AsyncGenerator<Buffer> {
  for await (const part of parts) {
    const bytes = Buffer.from(part);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const timer = setTimeout(forget, timeoutMs);
      try {
        yield bytes.subarray(at, at + PIECE_BYTES);
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
