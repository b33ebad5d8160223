import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { OverloadedError } from '../errors.js';

/** Counts long-lived requests of this process. One tenant may hold only its share, so that it cannot keep all others out. */
export class TenantSlots {
  private readonly taken = new Map<string | undefined, number>();
  private total = 0;

  constructor(
    private readonly max: number,
    private readonly maxPerTenant: number,
  ) {}

  /**
   * Takes a slot; undefined is the platform. Returns the function that frees it, which belongs behind `untilClosed(response)`: an
   * answer that is complete still holds memory while nobody reads it. Throws OverloadedError.
   */
  take(tenantId: string | undefined): () => void {
    const ofTenant = this.taken.get(tenantId) ?? 0;
    if (this.total >= this.max || ofTenant >= this.maxPerTenant) throw new OverloadedError();
    this.count(tenantId, 1);
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.count(tenantId, -1);
    };
  }

  private count(tenantId: string | undefined, change: number): void {
    const ofTenant = (this.taken.get(tenantId) ?? 0) + change;
    this.total += change;
    if (ofTenant === 0) this.taken.delete(tenantId);
    else this.taken.set(tenantId, ofTenant);
  }
}

/** Resolves when the stream ended or broke off, also where that was before. A response ends when the kernel has taken all of it. */
export function untilClosed(stream: ServerResponse | Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
