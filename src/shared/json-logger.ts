import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'log', 'debug'];

/** Options of a message. */
type Options = Parameters<ConsoleLogger['getJsonLogObject']>[1];

/** Logs one JSON object per line. */
export class JsonLogger extends ConsoleLogger {
  /** Logs messages of this level and above. */
  constructor(level: LogLevel) {
    super('', { json: true, colors: false, logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1) });
  }

  /** Formats messages of level `log` directly, because they are only strings and flat objects. */
  protected override printAsJson(message: unknown, options: Options): void {
    if (options.logLevel === 'log')
      process.stdout.write(`${JSON.stringify(this.getJsonLogObject(message, options))}\n`);
    else super.printAsJson(message, options);
  }
}
