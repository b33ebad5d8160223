// Starts contenders as processes of their own, and knows what they cost.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const TICKS_A_SECOND = 100;

export async function startProcess(script, environment, ready) {
  const child = spawn(process.execPath, [resolve(script)], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  const lines = createInterface({ input: child.stdout });
  const waiting = [];
  const started = new Promise((done, failed) => {
    let output = '';
    lines.on('line', (line) => {
      output += `${line}\n`;
      const found = ready.exec(line);
      if (found) done(found[1] ?? true);
      else waiting.shift()?.(line);
    });
    void ended.then(() => failed(new Error(`${script} ended: ${output}`)));
  });
  started.catch(() => undefined);
  return {
    pid: child.pid,
    address: await started,
    /** For a contender that is asked over standard input. */
    ask(question) {
      const answer = new Promise((done) => waiting.push(done));
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return Promise.race([answer, ended.then(() => Promise.reject(new Error(`${script} ended.`)))]).then(JSON.parse);
    },
    async stop() {
      child.stdin.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Seconds of CPU that a process has used. */
export async function cpuSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

export async function residentMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
}
