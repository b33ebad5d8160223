/** Most times that wait to be written again; beyond it they are lost, so that a database that refuses them cannot fill the memory. */
const MAX_UNWRITTEN = 100_000;

/** Returns times whose write failed to those that wait for the next one. Newer times win. */
export function putBack(waiting: Map<string, Date>, failed: ReadonlyMap<string, Date>): void {
  for (const [id, at] of failed) {
    const newer = waiting.get(id);
    if (newer === undefined ? waiting.size < MAX_UNWRITTEN : newer < at) waiting.set(id, at);
  }
}
