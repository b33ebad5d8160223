import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../../access/access.decorators.js';
import { OverloadedError } from '../../errors.js';
import { TenantSlots, untilClosed } from '../tenant-slots.js';
import { toProblem } from '../to-problem.js';

/** Maximum number of concurrent exports. Each holds two pages in memory and, while it reads one, a pooled connection. */
const MAX_EXPORTS = 8;
const MAX_EXPORTS_PER_TENANT = 4;
/** Number of bytes that a client must read within the time limit, which separates slow clients from stopped ones. */
const SLICE_BYTES = 64 * 1024;

/** Exports in progress. */
@Injectable()
export class ExportRegistry {
  private readonly slots = new TenantSlots(MAX_EXPORTS, MAX_EXPORTS_PER_TENANT);
  private readonly running = new Set<Readable>();

  /**
   * Resolves with the first part, or rejects with its error; a later error aborts the response. Destroys the export if the client reads
   * nothing within the request timeout. Throws OverloadedError.
   */
  async start(parts: AsyncIterable<string>, { id, actor, server }: AuthenticatedRequest, response: ServerResponse) {
    const free = this.slots.take(actor?.tenantId);
    const { requestTimeout } = server.server;
    const abort = () => stream.destroy();
    const stream = Readable.from(slicesOf(parts, requestTimeout, abort), { objectMode: false });
    this.running.add(stream);
    const closed = untilClosed(response).then(abort);
    void untilClosed(stream)
      .then(() => this.running.delete(stream))
      // The last slices stay in memory until the client has read them.
      .then(() => closed)
      .then(free);
    // An error after the first part cannot become a problem response, so it is only logged.
    stream.on('error', (error) => stream.readableDidRead && toProblem(error, id));
    await once(stream, 'readable');
    return stream;
  }

  /** Aborts all exports at shutdown, so that the server does not wait for them; clients see the broken response and retry. */
  abortAll(): void {
    for (const stream of this.running) stream.destroy(new OverloadedError());
  }
}

/** Calls `abort` if the client does not read the next slice in time. The time to produce a part does not count. */
async function* slicesOf(parts: AsyncIterable<string>, timeoutMs: number, abort: () => void): AsyncGenerator<Buffer> {
  for await (const part of parts) {
    const bytes = Buffer.from(part);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      const timer = setTimeout(abort, timeoutMs);
      try {
        yield bytes.subarray(at, at + SLICE_BYTES);
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
