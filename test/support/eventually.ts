import { setTimeout as pause } from 'node:timers/promises';

/** Tries until it does not throw; after `timeoutMs`, which is long because the machine may be busy, the last failure stands. */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = 30_000): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; await pause(20)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
