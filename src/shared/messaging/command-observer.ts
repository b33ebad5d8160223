import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { Metrics } from '../metrics.js';
import { findOperation } from './tenant-command.js';

/** Operation under which commands of sibling modules are counted that have none. */
const OTHER = 'other';

/**
 * Counts each command that enters the bus, and logs its operation and tenant at level `debug`. It must not throw: RxJS throws errors of
 * subscribers again in a timer, which ends the process.
 */
@Injectable()
export class CommandObserver implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Command');
  private readonly counters = new Map<string, { inc(): void }>();
  private subscription: { unsubscribe(): void } | undefined;

  constructor(
    private readonly commands: CommandBus,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.subscription = this.commands.subscribe((command) => {
      this.observe(command);
    });
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  private observe(command: ICommand): void {
    const operation = findOperation(command) ?? OTHER;
    let counter = this.counters.get(operation);
    if (!counter) this.counters.set(operation, (counter = this.metrics.commands.labels(operation)));
    counter.inc();
    const { actor } = command as { actor?: { tenantId?: string } };
    this.logger.debug({ operation, tenant_id: actor?.tenantId });
  }
}
