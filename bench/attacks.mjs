// Attacks of callers without a key. `npm run overload` runs each of these from an address of its own while others call.
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** Others call from 127.0.0.1. */
const ADDRESS = '127.0.0.2';
const head = (method, path, ...headers) =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;
const JSON_TYPE = 'Content-Type: application/json';
const download = head('GET', '/docs/swagger-ui-bundle.js');
const manyMembers = JSON.stringify(Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`m${at}`, 1])));
const nested = `{"license_key":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;

/** Each is called again and again by so many connections at once. */
export const ATTACKS = {
  'chunks of one byte': {
    connections: 60,
    async run(open) {
      const socket = await open(head('POST', '/v1/client/validate', JSON_TYPE, 'Transfer-Encoding: chunked'));
      const bytes = '1\r\na\r\n'.repeat(11_000);
      for (let sent = 0; sent < 100 && socket.writable; sent++)
        if (!socket.write(bytes)) await settled(socket, 'drain');
    },
  },
  'downloads that are dropped': {
    connections: 2,
    async run(open) {
      const socket = await open(download.repeat(500));
      await settled(socket, 'data');
      socket.resetAndDestroy();
    },
  },
  'bodies that never arrive': {
    connections: 1_500,
    async run(open) {
      const socket = await open(`${head('POST', '/v1/client/validate', JSON_TYPE, 'Content-Length: 100')}{`);
      await settled(socket, 'close');
    },
  },
  'large bodies for no route': {
    connections: 500,
    async run(open) {
      const socket = await open(head('POST', '/health/x', JSON_TYPE, 'Content-Length: 1048576'));
      for (let sent = 0; sent < 16 && socket.writable; sent++) {
        socket.write(' '.repeat(65_000));
        await pause(200);
      }
      await settled(socket, 'close');
    },
  },
  'answers that are not read': {
    connections: 100,
    async run(open) {
      const socket = await open(head('GET', '/openapi.json').repeat(900));
      socket.pause();
      await Promise.race([settled(socket, 'close'), pause(500)]);
      socket.destroy();
    },
  },
  'large JSON for programs': {
    connections: 10,
    async run(open) {
      for (const body of [manyMembers, nested]) {
        const length = `Content-Length: ${body.length}`;
        const socket = await open(head('POST', '/v1/client/validate', JSON_TYPE, length, 'Connection: close') + body);
        socket.resume();
        await Promise.race([settled(socket, 'close'), pause(2_000)]);
        socket.destroy();
        await pause(100);
      }
    },
  },
};

/** Resolves at an event, or when the socket is closed. */
function settled(socket, event) {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    socket.once(event, resolve).once('close', resolve);
  });
}

async function attack({ name, port, seconds }) {
  const { connections, run } = ATTACKS[name];
  const end = performance.now() + seconds * 1_000;
  const sockets = new Set();
  const open = async (bytes) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: ADDRESS }).on('error', () => undefined);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    await settled(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  let runs = 0;
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, seconds * 1_000);
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (; performance.now() < end; runs++) await Promise.all([run(open), pause(100)]);
    }),
  );
  clearTimeout(timer);
  for (const socket of sockets) socket.destroy();
  return runs;
}

if (workerData?.attack) parentPort.postMessage(await attack(workerData.attack));
