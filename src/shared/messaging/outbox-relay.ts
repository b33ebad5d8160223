import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { PeriodicTask } from '../async/periodic-task.js';
import { Outbox } from './outbox.js';
import { RecordEventsCommand } from './record-events.command.js';

/** Younger rows are most likely on their way through the saga. */
const GRACE_MS = 3_000;
const BATCH = 1_000;

/**
 * Brings into the log what a crash, or a failed move, left in the outbox: at start, every few seconds, and once more
 * when the process ends in order. It sends the saga's command and publishes nothing: the bus is told once or never.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly chore = new PeriodicTask(OutboxRelay.name, 'The outbox could not be swept');

  constructor(
    private readonly outbox: Outbox,
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.chore.every(this.config.settings.RELAY_INTERVAL_MS, () => this.sweep(GRACE_MS));
    this.chore.runSoon(() => this.sweep(0));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop(() => this.sweep(0));
  }

  /** Moves everything that is older than this many milliseconds and was there when the sweep began. */
  async sweep(olderThanMs: number): Promise<void> {
    for (;;) {
      const findPending = await this.outbox.findPending(olderThanMs, BATCH);
      await Promise.all(RecordEventsCommand.forAll(findPending).map((command) => this.commands.execute(command)));
      if (findPending.length < BATCH) return;
    }
  }
}
