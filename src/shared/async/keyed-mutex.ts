/**
 * Work under one name is done one after another in this process, so that a rush waits in memory and not on every connection
 * of the pool. It is for fairness alone: what makes changes exact is the lock in the database.
 */
export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>();

  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.last.set(name, mine);
    const leave = () => {
      if (this.last.get(name) === mine) this.last.delete(name);
    };
    mine.then(leave, leave);
    return mine;
  }
}
