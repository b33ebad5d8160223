import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { AutomaticFulfilment } from './automatic-fulfilment.js';
import { OrderRepository } from './order.repository.js';

const CHUNK_SIZE = 100;

/** Fulfils due orders that a crash, or a unit of work of several commands, left to be fulfilled: at start and at every interval, in every process. */
@Injectable()
export class AutomaticFulfilmentTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(AutomaticFulfilmentTimer.name, 'Failed to fulfil due orders');

  constructor(
    private readonly orders: OrderRepository,
    private readonly automatic: AutomaticFulfilment,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.LICENSE_TIMER_INTERVAL_MS, () => this.sweep());
    this.task.runSoon(() => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Fulfils the orders of active tenants, the one that waits longest first. */
  async sweep(): Promise<void> {
    for (const tenantId of await this.orders.tenantsWithDue()) {
      for (const orderId of await this.orders.findDue(tenantId, CHUNK_SIZE)) {
        if (this.task.stopped) return;
        await this.task.attempt(() => this.automatic.fulfilById(tenantId, orderId));
      }
    }
  }
}
