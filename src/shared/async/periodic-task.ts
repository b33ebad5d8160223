import { Logger } from '@nestjs/common';

/**
 * What a process does now and then beside its requests: one run at a time, and where it is time for another one meanwhile,
 * that is left out. A failed run is a warning, and is followed by the next. No process stays alive for it.
 */
export class PeriodicTask {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private currentRun: Promise<void> | undefined;
  private ended = false;

  /** `failure` is what the warning says in the owner's name, before why. */
  constructor(
    owner: string,
    private readonly failure: string,
  ) {
    this.logger = new Logger(owner);
  }

  /** A long run looks here whether to go on. */
  get stopped(): boolean {
    return this.ended;
  }

  every(milliseconds: number, run: () => Promise<void>): void {
    this.timer = setInterval(() => {
      this.begin(run);
    }, milliseconds).unref();
  }

  /** Once, after the bootstrap: then every module's handlers are registered. */
  runSoon(run: () => Promise<void>): void {
    setImmediate(() => {
      this.begin(run);
    });
  }

  /** Begins no more, waits for the run under way, and then for the last one, if there is to be one. */
  async stop(last?: () => Promise<void>): Promise<void> {
    clearInterval(this.timer);
    this.ended = true;
    await this.currentRun;
    if (last) await this.attempt(last);
  }

  /** Where it fails there is a warning and nothing else. */
  async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${this.failure}: ${String(error)}`);
    }
  }

  private begin(run: () => Promise<void>): void {
    if (this.ended || this.currentRun) return;
    this.currentRun = this.attempt(run).finally(() => {
      this.currentRun = undefined;
    });
  }
}
