import { LRUCache } from 'lru-cache';
import type { UnitOfWork } from './unit-of-work.js';

interface Limits {
  /** Entries kept at most. */
  readonly max: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** A read whose rows may be cached. Nothing is kept of one that began in a unit of work, or before an invalidation. */
export interface CacheFill<Value> {
  /** Undefined removes the entry. */
  put(name: string, value: Value | undefined): void;
}

/**
 * The only way to keep values of database rows for the whole process. Inside a unit of work it is empty and takes nothing, because
 * what is read there may be rolled back. See docs/decisions/0030-caches-hold-committed-rows.md.
 */
export class CommittedCache<Value extends object> {
  private readonly values: LRUCache<string, Value>;
  /** Rises with each invalidation, so that a read that began before it is recognised. */
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

  /** Must be called before the statement is sent. */
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
   * Removes these entries, all of them if not given, and discards every read that has begun. Inside a unit of work it takes effect when
   * that has ended: an entry that another caller adds before the commit would outlive an earlier removal.
   */
  invalidate(names?: readonly string[]): void {
    this.unitOfWork.whenEnded(() => {
      this.epoch++;
      if (names) for (const name of names) this.values.delete(name);
      else this.values.clear();
    });
  }
}
