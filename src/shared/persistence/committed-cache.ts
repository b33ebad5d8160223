import { LRUCache } from 'lru-cache';
import type { UnitOfWork } from './unit-of-work.js';

interface Limits {
  /** Maximum number of entries. */
  readonly max: number;
  /** Lifetime of an entry in milliseconds. */
  readonly ttl: number;
}

/** Read whose rows may be cached. `put` ignores rows of a read that began in a unit of work or before an invalidation. */
export interface CacheFill<Value> {
  /** Stores the value; undefined removes the entry. */
  put(name: string, value: Value | undefined): void;
}

/**
 * Process-wide cache of committed database rows. Inside a unit of work it reads as empty and stores nothing, because rows that are read
 * there may be rolled back. See docs/decisions/0030-caches-hold-committed-rows.md.
 */
export class CommittedCache<Value extends object> {
  private readonly values: LRUCache<string, Value>;
  /** Counts invalidations, so that a read that began before one is recognised. */
  private epoch = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    limits: Limits,
  ) {
    this.values = new LRUCache<string, Value>(limits);
  }

  get(name: string): Value | undefined {
    return this.unitOfWork.isOpen ? undefined : this.values.get(name);
  }

  /** Begins a read. Callers must call this before they send the statement, else an invalidation in between goes unnoticed. */
  beginFill(): CacheFill<Value> {
    const { epoch } = this;
    const inUnitOfWork = this.unitOfWork.isOpen;
    return {
      put: (name, value) => {
        if (inUnitOfWork || epoch !== this.epoch) return;
        if (value) this.values.set(name, value);
        else this.values.delete(name);
      },
    };
  }

  /**
   * Removes the named entries, or all, and discards every read that has begun. Takes effect when the current unit of work ends: another
   * caller may cache the old row until the commit, and that entry would outlive an earlier removal.
   */
  invalidate(names?: readonly string[]): void {
    this.unitOfWork.whenEnded(() => {
      this.epoch++;
      if (names) for (const name of names) this.values.delete(name);
      else this.values.clear();
    });
  }
}
