import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { Clock } from '../shared/time/clock.js';
import { SessionStore } from './session-store.js';

const INTERVAL_MS = 60_000;
/** Time for which an ended session is listed. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Ends sessions whose API key or time is over, and deletes those that ended long ago. */
@Injectable()
export class SessionChore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(SessionChore.name, 'Failed to end expired sessions');

  constructor(
    private readonly store: SessionStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(INTERVAL_MS, () => this.run());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  async run(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - KEPT_MS);
    while (!this.task.stopped && !(await this.store.endOfKeys(now)));
    while (!this.task.stopped && !(await this.store.endExpired(now)));
    while (!this.task.stopped && !(await this.store.deleteEnded(before)));
  }
}
