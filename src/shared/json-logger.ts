import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'log', 'debug'];

/** Options of a message. */
type Options = Parameters<ConsoleLogger['getJsonLogObject']>[1];

/** Time for which lines of level `log` are collected. Each request logs one, and writing a line costs more than formatting it. */
const FLUSH_DELAY_MS = 10;

/** Logs one JSON object per line. Levels other than `log` are written at once, after the collected lines; the rest at exit. */
export class JsonLogger extends ConsoleLogger {
  private lines = '';

  /** Logs messages of this level and above. */
  constructor(level: LogLevel) {
    super('', { json: true, colors: false, logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1) });
    process.once('exit', this.write);
  }

  /** Formats messages of level `log` directly, because they are only strings and flat objects. */
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
