import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { mapInOrder } from '../../shared/http/streams/in-order.js';
import { parseJson } from '../../shared/http/json-body.js';
import type { InvalidLine, Line } from '../../shared/http/streams/lines.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';

export interface LicenseBatch {
  readonly actor: Actor;
  readonly lines: AsyncIterable<Line | InvalidLine>;
  readonly options: Pick<CommandOptions, 'idempotencyKey' | 'rememberDays'>;
}

/** Outcome of one line: the license, with `replayed` if it is a stored result, or the error. */
export type BatchOutcome<License> = { readonly line: number } & (
  | { readonly license: License; readonly replayed: boolean }
  | { readonly error: unknown }
);

/** Schema of a line, number of lines in progress at once, and the operation for one line. */
export interface BatchOperation<LineRequest extends LineIdempotencyKey, License> {
  readonly schema: z.ZodType<LineRequest>;
  readonly concurrency: number;
  readonly perform: (request: Omit<LineRequest, 'idempotency_key'>, options: CommandOptions) => Promise<License>;
}

interface LineIdempotencyKey {
  readonly idempotency_key?: string | undefined;
}

/**
 * Runs each line by itself and yields outcomes in line order, with at most `concurrency` lines read ahead. With an idempotency key each
 * line has its own key, so an interrupted batch can be sent again.
 */
@Injectable()
export class LicenseBatchRunner {
  run<LineRequest extends LineIdempotencyKey, License>(
    { lines, options }: LicenseBatch,
    operation: BatchOperation<LineRequest, License>,
  ): AsyncGenerator<BatchOutcome<License>> {
    return mapInOrder(lines, operation.concurrency, (line) => outcomeOf(line, options, operation));
  }
}

async function outcomeOf<LineRequest extends LineIdempotencyKey, License>(
  line: Line | InvalidLine,
  { idempotencyKey: key, rememberDays }: LicenseBatch['options'],
  { schema, perform }: BatchOperation<LineRequest, License>,
): Promise<BatchOutcome<License>> {
  try {
    if ('error' in line) throw line.error;
    const { idempotency_key: lineKey, ...request } = validated(schema, parseJson(line.text));
    let replayed = false;
    const onReplay = () => (replayed = true);
    const idempotencyKey = lineKey ?? (key && keyOfLine(key, line.number));
    const license = await perform(request, { idempotencyKey, rememberDays, onReplay });
    return { line: line.number, license, replayed };
  } catch (error) {
    return { line: line.number, error };
  }
}

/** Returns the key of a line. No key sent by a caller contains a line break, so it cannot collide. */
function keyOfLine(key: string, line: number): string {
  return `${key}\n${line}`;
}
