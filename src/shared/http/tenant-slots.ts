import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { OverloadedError } from '../errors.js';

/** Slots for long-lived requests of this process, with a share per tenant, so that one tenant cannot block all others. */
export class TenantSlots {
  private readonly taken = new Map<string | undefined, number>();
  private total = 0;

  constructor(
    private readonly max: number,
    private readonly maxPerTenant: number,
  ) {}

  /**
   * Takes a slot; an undefined tenant is the platform. Returns the function that frees it, to be called after `untilClosed(response)`,
   * because a complete response holds memory until the client has read it. Throws OverloadedError.
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

/** Resolves when the stream has closed, also if it already had. A response closes when the kernel has accepted all of it. */
export function untilClosed(stream: ServerResponse | Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
