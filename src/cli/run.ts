import { describeFailure } from '../failure.js';

/** Runs a command; a failure prints one sentence on standard error and exits with code 1. */
export function run(failed: string, command: () => Promise<void>): void {
  command().catch((error: unknown) => {
    process.stderr.write(`${describeFailure(error, failed)}\n`);
    process.exitCode = 1;
  });
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
