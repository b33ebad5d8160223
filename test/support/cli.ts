import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

export interface Outcome {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Runs a command of the built product to its end. */
export function cli(name: string, args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((done) => {
    const env = { PATH: process.env.PATH, ...environment };
    execFile(process.execPath, [resolve(`dist/cli/${name}.bundle.js`), ...args], { env }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}
