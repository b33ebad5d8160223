const KIB = 1024;
/** Maximum memory of the unfinished bodies of one address. */
const ADDRESS_SHARE_BYTES = 16 * 1024 * KIB;
const MAX_BYTES = 128 * 1024 * KIB;
/** Memory of an unfinished request besides its body: socket, parser, headers. */
const BASE_BYTES = 16 * KIB;

/** Body that is not complete yet. */
export interface ArrivingBody {
  /** Fails the body, because a later one needs its memory. */
  evict(): void;
}

interface Share {
  bytes: number;
  /** Bodies of the address, oldest first. */
  readonly bodies: Set<ArrivingBody>;
}

interface Entry {
  readonly address: string;
  bytes: number;
}

/**
 * Memory bound for all unfinished bodies, with a share per address. Beyond the share the oldest body of that address is evicted, which hits
 * clients that hold bodies back and not those that send at normal speed.
 */
export class ArrivingBodies {
  private readonly entries = new Map<ArrivingBody, Entry>();
  private readonly shares = new Map<string, Share>();
  private bytes = 0;

  add(body: ArrivingBody, address: string, bytes: number): void {
    this.entries.set(body, { address, bytes: 0 });
    const share = this.shares.get(address) ?? { bytes: 0, bodies: new Set() };
    this.shares.set(address, share);
    share.bodies.add(body);
    this.hold(body, bytes);
  }

  /** Sets the current buffer size of a body; evicts the oldest bodies beyond the bounds. */
  hold(body: ArrivingBody, bytes: number): void {
    const entry = this.entries.get(body);
    const share = entry && this.shares.get(entry.address);
    if (!entry || !share) return;
    const more = BASE_BYTES + bytes - entry.bytes;
    entry.bytes += more;
    share.bytes += more;
    this.bytes += more;
    while (share.bytes > ADDRESS_SHARE_BYTES) this.evictFirst(share.bodies);
    while (this.bytes > MAX_BYTES) this.evictFirst(this.entries.keys());
  }

  /** Releases the memory of a body that is complete or failed. */
  remove(body: ArrivingBody): void {
    const entry = this.entries.get(body);
    const share = entry && this.shares.get(entry.address);
    if (!entry || !share) return;
    this.entries.delete(body);
    share.bodies.delete(body);
    share.bytes -= entry.bytes;
    this.bytes -= entry.bytes;
    if (share.bodies.size === 0) this.shares.delete(entry.address);
  }

  private evictFirst(bodies: Iterable<ArrivingBody>): void {
    for (const body of bodies) {
      this.remove(body);
      body.evict();
      return;
    }
  }
}
