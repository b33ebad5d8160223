import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { PeriodicTask } from '../async/periodic-task.js';
import { Outbox } from './outbox.js';
import { RecordEventsCommand } from './record-events.command.js';

/** Minimum age of relayed events, because the saga is probably still moving younger ones. */
const GRACE_MS = 3_000;
const CHUNK_SIZE = 1_000;

/**
 * Moves events that a crash or a failed move left in the outbox into the event log: at start, periodically and at shutdown.
 * The relay publishes nothing, so an event reaches the event bus at most once.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(OutboxRelay.name, 'Failed to relay the outbox');

  constructor(
    private readonly outbox: Outbox,
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.RELAY_INTERVAL_MS, () => this.sweep(GRACE_MS));
    this.task.runSoon(() => this.sweep(0));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop(() => this.sweep(0));
  }

  /** Moves events older than `olderThanMs`, in chunks, until a chunk is not full. */
  async sweep(olderThanMs: number): Promise<void> {
    for (;;) {
      const pending = await this.outbox.findPending(olderThanMs, CHUNK_SIZE);
      await Promise.all(RecordEventsCommand.forAll(pending).map((command) => this.commands.execute(command)));
      if (pending.length < CHUNK_SIZE) return;
    }
  }
}
