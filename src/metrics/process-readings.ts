import { readdirSync, readFileSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';
import { addGauge } from './add-gauge.js';

const MICROSECONDS = 1e6;

/** Adds process metrics under the names that Node.js dashboards expect. */
export function addProcessReadings(registry: Registry): void {
  const counter = addCounter.bind(undefined, registry);
  counter('process_cpu_user_seconds_total', 'User CPU time.', () => process.cpuUsage().user / MICROSECONDS);
  counter('process_cpu_system_seconds_total', 'System CPU time.', () => process.cpuUsage().system / MICROSECONDS);
  counter('process_cpu_seconds_total', 'User and system CPU time.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROSECONDS;
  });

  const gauge = addGauge.bind(undefined, registry);
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  gauge('process_start_time_seconds', 'Start of the process, in Unix time.', () => startedAt);
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_total_bytes', 'Heap memory reserved by V8.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'Heap memory in use.', () => process.memoryUsage().heapUsed);
  gauge(
    'nodejs_external_memory_bytes',
    'Memory of C++ objects outside the heap.',
    () => process.memoryUsage().external,
  );
  gauge('nodejs_active_resources', 'Open resources, such as sockets and timers.', countResources);
  gauge('process_open_fds', 'Open files and sockets.', () => fromProc(() => readdirSync('/proc/self/fd').length));
  const maxFiles = fromProc(() =>
    Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]),
  );
  gauge('process_max_fds', 'Most files and sockets that may be open.', () => maxFiles);

  const help = 'Version of Node.js.';
  new Gauge({ name: 'nodejs_version_info', help, labelNames: ['version'], registers: [registry] })
    .labels(process.version)
    .set(1);
}

/** Adds a counter that is read at each scrape. */
function addCounter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function countResources(): number {
  return process.getActiveResourcesInfo().length;
}

/** Reads from /proc, which only Linux has. */
function fromProc(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
