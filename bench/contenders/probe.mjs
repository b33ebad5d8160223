// Loaded into every contender before its program. Dormant, until the bench asks for counts outside the measured rounds: nothing is replaced
// and nothing is counted meanwhile.
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { GCProfiler, getHeapStatistics } from 'node:v8';

const WRITES = ['_write', '_writev'];
const originals = WRITES.map((name) => Socket.prototype[name]);
let current;

process.on('message', (question) => {
  if (question === 'begin') begin();
  process.send(question === 'begin' ? 'begun' : end());
});
// Without this the channel to the bench would keep a contender from ending.
process.channel?.unref();

function begin() {
  const collections = new GCProfiler();
  collections.start();
  current = { socketWrites: 0, roundTrips: 0, bytesReadBefore: new WeakMap(), collections };
  for (const [at, name] of WRITES.entries()) {
    Socket.prototype[name] = function (...args) {
      countWrite(this);
      return originals[at].apply(this, args);
    };
  }
  current.heapUsed = getHeapStatistics().used_heap_size;
  current.writeCalls = writeCalls();
}

/** A write to PostgreSQL begins a round trip if something was read since the write before it: what is pipelined is one. */
function countWrite(socket) {
  if (socket._isStdio) return;
  current.socketWrites++;
  // Only sockets that a server has accepted have one; the others lead to PostgreSQL.
  if (socket.server || current.bytesReadBefore.get(socket) === socket.bytesRead) return;
  current.bytesReadBefore.set(socket, socket.bytesRead);
  current.roundTrips++;
}

function end() {
  const calls = writeCalls() - current.writeCalls;
  for (const [at, name] of WRITES.entries()) Socket.prototype[name] = originals[at];
  const { socketWrites, roundTrips } = current;
  return { socketWrites, roundTrips, writeCalls: calls, allocatedBytes: allocatedBytes(current) };
}

/** On the heap of JavaScript: between collections it only grows. */
function allocatedBytes({ heapUsed, collections }) {
  let bytes = 0;
  let used = heapUsed;
  for (const { beforeGC, afterGC } of collections.stop().statistics) {
    bytes += beforeGC.heapStatistics.usedHeapSize - used;
    used = afterGC.heapStatistics.usedHeapSize;
  }
  return bytes + getHeapStatistics().used_heap_size - used;
}

/** System calls that write: to sockets, files and pipes. Null elsewhere than on Linux. */
function writeCalls() {
  try {
    return Number(/^syscw: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  } catch {
    return NaN;
  }
}
