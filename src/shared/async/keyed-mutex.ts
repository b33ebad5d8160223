/**
 * Serializes work with the same name in this process, so that it waits in memory instead of occupying the whole connection pool.
 * Correctness does not depend on it: the lock in the database ensures that.
 */
export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>();

  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const previous = this.last.get(name) ?? Promise.resolve();
    const current = previous.then(work, work);
    this.last.set(name, current);
    const cleanUp = () => {
      if (this.last.get(name) === current) this.last.delete(name);
    };
    current.then(cleanUp, cleanUp);
    return current;
  }
}
