import { Logger } from '@nestjs/common';

/**
 * Periodic background work of a process. One run at a time: a run that is due while another is in progress is skipped.
 * A failed run is logged as a warning and does not stop later ones. The timer does not keep the process alive.
 */
export class PeriodicTask {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private currentRun: Promise<void> | undefined;
  private ended = false;

  /** `failure` begins the text of the warning, which `owner` logs. */
  constructor(
    owner: string,
    private readonly failure: string,
  ) {
    this.logger = new Logger(owner);
  }

  /** True after `stop`; a long run must check this between its steps. */
  get stopped(): boolean {
    return this.ended;
  }

  every(milliseconds: number, run: () => Promise<void>): void {
    this.timer = setInterval(() => {
      this.begin(run);
    }, milliseconds).unref();
  }

  /** Runs once after the bootstrap, when the handlers of every module are registered. */
  runSoon(run: () => Promise<void>): void {
    setImmediate(() => {
      this.begin(run);
    });
  }

  /** Prevents further runs, waits for the run in progress, then runs `last`. */
  async stop(last?: () => Promise<void>): Promise<void> {
    clearInterval(this.timer);
    this.ended = true;
    await this.currentRun;
    if (last) await this.attempt(last);
  }

  /** Runs `work`; a failure is logged as a warning and never thrown. `of` follows the text of the warning. */
  async attempt(work: () => Promise<unknown>, of = ''): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${this.failure}${of}: ${String(error)}`);
    }
  }

  private begin(run: () => Promise<void>): void {
    if (this.ended || this.currentRun) return;
    this.currentRun = this.attempt(run).finally(() => {
      this.currentRun = undefined;
    });
  }
}
