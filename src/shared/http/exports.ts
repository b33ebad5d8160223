import { once } from 'node:events';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../tenancy/access.decorators.js';
import { OverloadedError } from './problem.errors.js';
import { toProblem } from './to-problem.js';

/** At once in this process: each holds two pages in memory and, while it reads one, a connection of the pool. */
const MAX_EXPORTS = 8;
/** So that nobody keeps all others out. */
const MAX_OF_ONE_TENANT = 4;

/** Lists that are being written out whole, for as long as somebody reads them. */
@Injectable()
export class Exports {
  /** Each with the tenant it is of; undefined is the platform. */
  private readonly running = new Map<Readable, string | undefined>();

  /**
   * Resolves when the first part is there, or fails as that did: from then on an error breaks the answer off. The next part
   * is made when there is room for it. Throws OverloadedError.
   */
  async begin(parts: AsyncIterable<string>, { id, actor, raw: { socket } }: AuthenticatedRequest) {
    const ofTenant = [...this.running.values()].filter((tenantId) => tenantId === actor?.tenantId).length;
    if (this.running.size >= MAX_EXPORTS || ofTenant >= MAX_OF_ONE_TENANT) throw new OverloadedError();
    const stream = Readable.from(parts, { objectMode: false });
    this.running.set(stream, actor?.tenantId);
    // An answer that waits behind another one of its connection is not told when that closes.
    const end = () => stream.destroy();
    socket.once('close', end);
    stream.once('close', () => {
      this.running.delete(stream);
      socket.off('close', end);
    });
    // Nobody can be answered any more, so it is logged here.
    stream.on('error', (error) => stream.readableDidRead && toProblem(error, id));
    await once(stream, 'readable');
    return stream;
  }

  /** A server that stops does not wait for them: whoever reads notices, and asks again. */
  breakOff(): void {
    for (const stream of this.running.keys()) stream.destroy(new OverloadedError());
  }
}
