/** A limited number of slots, given to tenants in turns, so that ten thousand runs of one tenant do not hold up the others. */
export class FairSlots {
  private free: number;
  /** Waiting requests by tenant; the tenant that was served longest ago is first. */
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(count: number) {
    this.free = count;
  }

  /** Waits for a slot, which its holder gives back with `release`. */
  acquire(tenantId: string): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return Promise.resolve();
    }
    return new Promise((granted) => {
      const queue = this.waiting.get(tenantId);
      if (queue) queue.push(granted);
      else this.waiting.set(tenantId, [granted]);
    });
  }

  release(): void {
    const [next] = this.waiting;
    if (!next) {
      this.free++;
      return;
    }
    const [tenantId, queue] = next;
    this.waiting.delete(tenantId);
    const granted = queue.shift();
    if (queue.length > 0) this.waiting.set(tenantId, queue);
    granted?.();
  }
}

/** Slot of one run, held while it works and not while it waits. */
export class RunSlot {
  private isHeld = false;

  constructor(
    private readonly slots: FairSlots,
    private readonly tenantId: string,
  ) {}

  async acquire(): Promise<void> {
    if (this.isHeld) return;
    await this.slots.acquire(this.tenantId);
    this.isHeld = true;
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.slots.release();
  }
}
