// CPU, memory and writes of processes and their PostgreSQL, from /proc: where there is none, they are not a number.
import { readdir, readFile } from 'node:fs/promises';

const TICKS_A_SECOND = 100;

/** Seconds of CPU that a process has used. */
export async function cpuSeconds(pid) {
  const stat = await statOf(pid);
  return stat.own;
}

/** Seconds of CPU of a PostgreSQL: the postmaster, those it has buried, and all that live. */
export async function postgresCpuSeconds(postmasterPid) {
  const postmaster = await statOf(postmasterPid);
  const children = await childrenOf(postmasterPid);
  return children.reduce((sum, { own }) => sum + own, postmaster.own + postmaster.buried);
}

/** System calls that write to files, by process of a PostgreSQL. It sends to its clients by calls of another kind. */
export async function fileWritesByProcess(postmasterPid) {
  const children = await childrenOf(postmasterPid);
  const writes = children.map(async ({ pid }) => {
    const text = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
    return [pid, Number(/^syscw: (\d+)$/m.exec(text)?.[1])];
  });
  return new Map(await Promise.all(writes));
}

/** Of the processes that are left: those that have ended meanwhile took their number with them. */
export function fileWritesBetween(before, after) {
  if (after.size === 0) return NaN;
  return [...after].reduce((sum, [pid, writes]) => sum + writes - (before.get(pid) ?? 0), 0);
}

async function childrenOf(parentPid) {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(async (pid) => ({ pid, ...(await statOf(pid)) })));
  return processes.filter(({ parent }) => parent === parentPid);
}

/** Resident memory now and at its highest, in MiB. */
export async function residentMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** See proc_pid_stat(5): fields 4, 14 and 15, 16 and 17. */
async function statOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.replace(/^.*\) /s, '').split(' ');
  const seconds = (first) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_A_SECOND;
  return { parent: Number(fields[1]), own: seconds(11), buried: seconds(13) };
}
