import type { Readable } from 'node:stream';
import { PayloadTooLargeException, RequestTimeoutException } from '@nestjs/common';
import { decodeUtf8 } from '../utf8.js';

export const MAX_LINE_BYTES = 16 * 1024;
export const MAX_LINES = 10_000;
/** Size of MAX_LINES lines of the maximum length. */
const MAX_BODY_BYTES = MAX_LINES * (MAX_LINE_BYTES + 1);
const MAX_BODY_MS = 30 * 60 * 1_000;
const NEWLINE = 0x0a;
const NOT_PROCESSED = 'This line and all later lines were not processed.';

/** Line of a request. Numbers start at 1 and count empty lines, so that they match the sent file. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Line that cannot be read; yielded at its place between valid lines. */
export interface InvalidLine {
  readonly number: number;
  readonly error: Error;
}

/** Limits of a body. Only time that the reader waits for the client counts towards `lineMs`. */
export interface BodyLimits {
  /** Longest wait for a line with text. */
  readonly lineMs: number;
  readonly bodyMs?: number;
  readonly bodyBytes?: number;
  /** Most lines, empty ones included. */
  readonly lines?: number;
  /** Yield empty lines, too, which a quoted value may contain. */
  readonly keepEmpty?: boolean;
}

export class LineTooLongError extends PayloadTooLargeException {
  constructor() {
    super(`The line is longer than ${MAX_LINE_BYTES} bytes.`, { errorCode: 'LINE_TOO_LONG' });
  }
}

export class TooManyLinesError extends PayloadTooLargeException {
  constructor() {
    super(`A request has at most ${MAX_LINES} lines, empty ones included. ${NOT_PROCESSED}`, {
      errorCode: 'TOO_MANY_LINES',
    });
  }
}

export class BodyOfLinesTooLargeError extends PayloadTooLargeException {
  constructor(maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes. ${NOT_PROCESSED}`, { errorCode: 'BODY_TOO_LARGE' });
  }
}

export class BodyOfLinesTooSlowError extends RequestTimeoutException {
  constructor(what: string, maxMs: number) {
    super(`${what} did not arrive within ${maxMs / 1_000} s. ${NOT_PROCESSED}`, { errorCode: 'REQUEST_TIMEOUT' });
  }
}

/**
 * Yields lines as they arrive and skips empty ones, if they are not to be kept; memory is one line. Beyond MAX_LINES it drops the rest, because clients may send
 * everything before they read; an exceeded size or time limit becomes an InvalidLine and leaves the rest unread.
 */
export async function* readLines(body: Readable, limits: BodyLimits): AsyncGenerator<Line | InvalidLine> {
  const lines = new LineSplitter(limits.lines ?? MAX_LINES, limits.keepEmpty === true);
  const chunks = new BoundedBody(body, limits);
  try {
    for (let chunk = await chunks.next(); chunk; chunk = await chunks.next()) {
      for (const line of lines.split(chunk)) {
        yield line;
        if ('error' in line || line.text.trim() !== '') chunks.restartLine();
      }
      if (lines.areTooMany) chunks.restartLine();
    }
    yield* lines.end();
  } catch (error) {
    const isLimit = error instanceof BodyOfLinesTooLargeError || error instanceof BodyOfLinesTooSlowError;
    if (!isLimit) throw error;
    if (!lines.areTooMany) yield { number: lines.number, error };
  }
}

/** Chunks of a body within its limits of size and time. */
class BoundedBody {
  private readonly bodyMs: number;
  private readonly bodyBytes: number;
  private readonly begun = performance.now();
  private waitedMs = 0;
  private bytes = 0;

  constructor(
    private readonly body: Readable,
    private readonly limits: BodyLimits,
  ) {
    this.bodyMs = limits.bodyMs ?? MAX_BODY_MS;
    this.bodyBytes = limits.bodyBytes ?? MAX_BODY_BYTES;
  }

  /** Returns undefined at the end. Throws BodyOfLinesTooLargeError, BodyOfLinesTooSlowError and errors of the stream. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const timeoutMs = this.remainingMs();
      const chunk = this.body.read() as Buffer | null;
      if (chunk !== null) return this.count(chunk);
      if (this.body.readableEnded) return undefined;
      if (this.body.destroyed) throw this.body.errored ?? new Error('The body broke off.');
      const startedAt = performance.now();
      await changeOf(this.body, timeoutMs);
      this.waitedMs += performance.now() - startedAt;
    }
  }

  /** Restarts the time limit for the next line. */
  restartLine(): void {
    this.waitedMs = 0;
  }

  private remainingMs(): number {
    const ofLine = this.limits.lineMs - this.waitedMs;
    const ofBody = this.bodyMs - (performance.now() - this.begun);
    if (ofLine <= 0) throw new BodyOfLinesTooSlowError('A line', this.limits.lineMs);
    if (ofBody <= 0) throw new BodyOfLinesTooSlowError('The body', this.bodyMs);
    return Math.min(ofLine, ofBody);
  }

  private count(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    if (this.bytes > this.bodyBytes) throw new BodyOfLinesTooLargeError(this.bodyBytes);
    return chunk;
  }
}

/** Resolves when there may be something new to read, or after the timeout. */
function changeOf(body: Readable, timeoutMs: number): Promise<void> {
  const events = ['readable', 'end', 'error', 'close'];
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const event of events) body.off(event, done);
      resolve();
    };
    // The timeout is rounded up, because a timer that fires too early would only be set again.
    const timer = setTimeout(done, Math.ceil(timeoutMs));
    for (const event of events) body.on(event, done);
  });
}

class LineSplitter {
  /** Number of the line that is arriving. */
  number = 1;
  areTooMany = false;
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly maxLines: number,
    private readonly keepEmpty: boolean,
  ) {}

  /** Yields the lines that end in this chunk. */
  *split(chunk: Buffer): Generator<Line | InvalidLine> {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && !this.areTooMany; end = chunk.indexOf(NEWLINE, begin)) {
      this.add(chunk.subarray(begin, end));
      yield* this.take();
      begin = end + 1;
    }
    if (!this.areTooMany) this.add(chunk.subarray(begin));
  }

  /** Yields the last line, which needs no line break. */
  *end(): Generator<Line | InvalidLine> {
    if (this.bytes > 0 && !this.areTooMany) yield* this.take();
  }

  private add(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes <= MAX_LINE_BYTES) this.parts.push(part);
  }

  private *take(): Generator<Line | InvalidLine> {
    const { number, bytes } = this;
    const whole = Buffer.concat(this.parts);
    [this.parts, this.bytes] = [[], 0];
    this.areTooMany = number > this.maxLines;
    if (this.areTooMany) {
      yield { number, error: new TooManyLinesError() };
      return;
    }
    this.number++;
    if (bytes > MAX_LINE_BYTES) yield { number, error: new LineTooLongError() };
    else yield* toLine(number, whole, this.keepEmpty);
  }
}

function* toLine(number: number, bytes: Buffer, keepEmpty: boolean): Generator<Line | InvalidLine> {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch (error) {
    yield { number, error: error as Error };
    return;
  }
  if (keepEmpty || text.trim() !== '') yield { number, text };
}
