import { Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Problems of callers who ask too much, too slowly, or go away: the server is well, so they are counted and not reported. */
const EXPECTED = new Set([
  'OVERLOADED',
  'RATE_LIMITED',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'TOO_MANY_CHUNKS',
  'CLIENT_CLOSED_REQUEST',
]);
const INTERVAL_MS = 1_000;

/** A request that was answered with a problem. */
export interface RefusedRequest extends FastifyRequest {
  problemCode?: string;
}

export function isExpected(code: string | undefined): code is string {
  return code !== undefined && EXPECTED.has(code);
}

/** Logs how many refusals there were of each code, one line a second at most. */
export class RefusalLog {
  private readonly logger = new Logger('Refusals');
  private counts: Record<string, number> = {};
  private timer: NodeJS.Timeout | undefined;

  note(code: string): void {
    this.counts[code] = (this.counts[code] ?? 0) + 1;
    this.timer ??= this.write();
  }

  private write(): NodeJS.Timeout {
    this.logger.warn({ refused: this.counts });
    this.counts = {};
    return setTimeout(() => {
      this.timer = Object.keys(this.counts).length > 0 ? this.write() : undefined;
    }, INTERVAL_MS).unref();
  }
}
