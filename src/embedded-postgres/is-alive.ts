import { readFileSync } from 'node:fs';

/** Returns whether a process with this id runs, also one of another user. A zombie does not run. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** Reads the state from the third field of /proc/PID/stat; the second may contain spaces and brackets. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*(?=\) )/s, '')
      .startsWith(') Z');
  } catch {
    return false;
  }
}
