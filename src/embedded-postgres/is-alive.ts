import { readFileSync } from 'node:fs';

/** Whether a process with this id runs, also one of another user. One that ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** Linux says so in the third field of /proc/PID/stat; the second may hold spaces and brackets. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*(?=\) )/s, '')
      .startsWith(') Z');
  } catch {
    return false;
  }
}
