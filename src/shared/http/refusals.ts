import { Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Problem codes that callers cause with too many or slow requests or by leaving. The log counts them instead of listing each. */
const EXPECTED = new Set([
  'OVERLOADED',
  'RATE_LIMITED',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'TOO_MANY_CHUNKS',
  'CLIENT_CLOSED_REQUEST',
]);
const INTERVAL_MS = 1_000;

/** Request with the code of its problem, if its response is one. */
export interface RefusedRequest extends FastifyRequest {
  problemCode?: string;
}

export function isExpected(code: string | undefined): code is string {
  return code !== undefined && EXPECTED.has(code);
}

/** Logs the number of expected problems by code, at most one line per second. */
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
