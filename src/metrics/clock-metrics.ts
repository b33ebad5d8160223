import { Injectable } from '@nestjs/common';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { Metrics } from '../shared/metrics.js';
import { addGauge } from './add-gauge.js';

/** Difference between the clocks of the process and the database, and whether the license timer waits because of it. */
@Injectable()
export class ClockMetrics {
  constructor({ registry }: Metrics, clock: DatabaseClock) {
    const difference = "Clock of the process minus the database's.";
    addGauge(registry, 'imprimatur_clock_difference_seconds', difference, () => clock.difference / 1000);
    const paused = '1 while automatic renewals and timer events wait because a clock was set or is wrong, else 0.';
    addGauge(registry, 'imprimatur_clock_paused', paused, () => (clock.isSteady() ? 0 : 1));
  }
}
