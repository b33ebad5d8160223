import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Metrics } from '../shared/metrics.js';
import { addGauge } from './add-gauge.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { GarbageCollections } from './garbage-collections.js';
import { addProcessReadings } from './process-readings.js';

const DELAYS = ['mean', 'p50', 'p90', 'p99', 'max'] as const;

/**
 * The process, its event loop and its garbage collector. Not by prom-client's `collectDefaultMetrics`: what it observes the
 * latter two with cannot be stopped, and would stay behind when the application ends and its process does not.
 */
@Injectable()
export class ProcessMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly delay = new EventLoopDelay();
  private readonly collections: GarbageCollections;

  constructor({ registry }: Metrics) {
    this.collections = new GarbageCollections(registry);
    addProcessReadings(registry);
    for (const name of DELAYS) {
      const help = `How late the event loop ran since the scrape before: ${name}.`;
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
