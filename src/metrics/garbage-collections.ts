import { constants, PerformanceObserver, type NodeGCPerformanceDetail, type PerformanceEntry } from 'node:perf_hooks';
import { Histogram, type Registry } from 'prom-client';

const KINDS: ReadonlyMap<number | undefined, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** Count and duration of garbage collections. */
export class GarbageCollections {
  private readonly observer: PerformanceObserver;

  constructor(registry: Registry) {
    const seconds = new Histogram({
      name: 'nodejs_gc_duration_seconds',
      help: 'Garbage collections by kind, with their duration.',
      labelNames: ['kind'],
      buckets: [0.001, 0.01, 0.1, 1, 2, 5],
      registers: [registry],
    });
    this.observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seconds.observe({ kind: kindOf(entry) }, entry.duration / 1000);
    });
  }

  start(): void {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.observer.disconnect();
  }
}

function kindOf(entry: PerformanceEntry): string {
  const { detail } = entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
  return KINDS.get(detail.kind) ?? 'other';
}
