import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Metrics } from '../shared/metrics.js';
import { addGauge } from './add-gauge.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { GarbageCollections } from './garbage-collections.js';
import { addProcessReadings } from './process-readings.js';

const DELAYS = ['mean', 'p50', 'p90', 'p99', 'max'] as const;

/**
 * Metrics of the process, its event loop and its garbage collector. prom-client's `collectDefaultMetrics` cannot stop its observers, which
 * would outlive an application whose process goes on.
 */
@Injectable()
export class ProcessMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly delay = new EventLoopDelay();
  private readonly collections: GarbageCollections;

  constructor({ registry }: Metrics) {
    this.collections = new GarbageCollections(registry);
    addProcessReadings(registry);
    for (const name of DELAYS) {
      const help = `Event loop lag since the last scrape: ${name}.`;
      addGauge(registry, `nodejs_eventloop_lag_${name}_seconds`, help, () => this.delay.read()?.[name]);
    }
  }

  onApplicationBootstrap(): void {
    this.delay.start();
    this.collections.start();
  }

  beforeApplicationShutdown(): void {
    this.delay.stop();
    this.collections.stop();
  }
}
