import { PayloadTooLargeException } from '@nestjs/common';

export const MAX_LINE_BYTES = 16 * 1024;
export const MAX_LINES = 10_000;
const NEWLINE = 0x0a;

/** One line of a request, counted from 1 as in the file it came from. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** A line that cannot be read, in its place among those that can. */
export interface BrokenLine {
  readonly number: number;
  readonly error: LineTooLongError | TooManyLinesError;
}

export class LineTooLongError extends PayloadTooLargeException {
  constructor() {
    super(`The line is longer than ${MAX_LINE_BYTES} bytes.`, { errorCode: 'LINE_TOO_LONG' });
  }
}

export class TooManyLinesError extends PayloadTooLargeException {
  constructor() {
    super(`A request has at most ${MAX_LINES} lines. This one and those after it were not done.`, {
      errorCode: 'TOO_MANY_LINES',
    });
  }
}

/**
 * Takes a stream apart into lines, as they arrive; empty lines count and are passed over. A line too long is told in its
 * place; with one too many it ends. Memory: one line.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Line | BrokenLine> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = (): Line | BrokenLine | undefined => {
    if (bytes > MAX_LINE_BYTES) return { number, error: new LineTooLongError() };
    const text = Buffer.concat(parts).toString('utf8');
    return text.trim() === '' ? undefined : { number, text };
  };
  const add = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) parts.push(part);
  };
  for await (const chunk of stream) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      add(chunk.subarray(begin, end));
      const found = line();
      if (found && number > MAX_LINES) {
        yield { number, error: new TooManyLinesError() };
        return;
      }
      if (found) yield found;
      [number, parts, bytes, begin] = [number + 1, [], 0, end + 1];
    }
    add(chunk.subarray(begin));
  }
  const last = line();
  if (last) yield number > MAX_LINES ? { number, error: new TooManyLinesError() } : last;
}
