import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'log', 'debug'];

/** What comes with a message. */
type Options = Parameters<ConsoleLogger['getJsonLogObject']>[1];

/** So long waits a line of level `log`, of which each request makes one, for others: to write a line costs more than to make it. */
const FLUSH_DELAY_MS = 10;

/** Logs JSON, one object a line. What is worse than `log` is written at once, behind what waits; and all when the process ends. */
export class JsonLogger extends ConsoleLogger {
  private lines = '';

  /** Nothing below this level is logged. */
  constructor(level: LogLevel) {
    super('', { json: true, colors: false, logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1) });
    process.once('exit', this.write);
  }

  /** Of level `log` are texts and flat objects alone, which need none of the care that is taken of others. */
  protected override printAsJson(message: unknown, options: Options): void {
    if (options.logLevel !== 'log') {
      this.write();
      super.printAsJson(message, options);
      return;
    }
    if (this.lines === '') setTimeout(this.write, FLUSH_DELAY_MS);
    this.lines += `${JSON.stringify(this.getJsonLogObject(message, options))}\n`;
  }

  private readonly write = (): void => {
    const { lines } = this;
    this.lines = '';
    if (lines !== '') process.stdout.write(lines);
  };
}
