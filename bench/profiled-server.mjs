// The server under Node's sampling profiler: SIGUSR2 begins, and the next one ends and writes what was seen into PROFILE.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

const INTERVAL_US = 500;
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
let running = false;
process.on('SIGUSR2', () => {
  if (running)
    void session.post('Profiler.stop').then(({ profile }) => writeFile(process.env.PROFILE, JSON.stringify(profile)));
  else void session.post('Profiler.start');
  running = true;
});
await import('../dist/main.js');
