const KIB = 1024;
/** Of the bodies that one address has begun and not finished. */
const ADDRESS_SHARE_BYTES = 16 * 1024 * KIB;
const MAX_BYTES = 128 * 1024 * KIB;
/** Bytes that an unfinished request costs besides its body: the socket, the parser, headers. */
const BASE_BYTES = 16 * KIB;

/** A body that has begun to arrive. */
export interface ArrivingBody {
  /** Ends it: a later one needs the memory. */
  evict(): void;
}

interface Share {
  bytes: number;
  /** The oldest first. */
  readonly bodies: Set<ArrivingBody>;
}

interface Entry {
  readonly address: string;
  bytes: number;
}

/**
 * The memory of all bodies that are arriving, of which each address has a share. Past it the oldest of that address gives way: whoever
 * holds bodies back loses them, and whoever sends at a common speed does not notice.
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

  /** How large the buffer of the body is now. */
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

  /** It has arrived, or nobody waits for it any more. */
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
