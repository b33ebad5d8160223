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
  readonly options: Pick<CommandOptions, 'idempotencyKey'>;
}

/** What became of one line: the license, also when it was done earlier, or why there is none. */
export type BatchOutcome<License> = { readonly line: number } & (
  { readonly license: License; readonly replayed: boolean } | { readonly error: unknown }
);

/** What a line is, how many are under way at once, and what one comes to. */
export interface BatchOperation<Order extends LineIdempotencyKey, License> {
  readonly schema: z.ZodType<Order>;
  readonly concurrency: number;
  readonly work: (order: Omit<Order, 'idempotency_key'>, options: CommandOptions) => Promise<License>;
}

interface LineIdempotencyKey {
  readonly idempotency_key?: string | undefined;
}

/**
 * Does each line of a batch by itself. Outcomes come in the order of the lines while more lines are read; no line is read
 * that nobody waits for. With an idempotency key each line is done once under it, by its number, so that a batch that
 * broke off can be sent again; a line may bring a key of its own instead.
 */
@Injectable()
export class LicenseBatchRunner {
  run<Order extends LineIdempotencyKey, License>(
    { lines, options }: LicenseBatch,
    work: BatchOperation<Order, License>,
  ): AsyncGenerator<BatchOutcome<License>> {
    return mapInOrder(lines, work.concurrency, (line) => outcomeOf(line, options, work));
  }
}

async function outcomeOf<Order extends LineIdempotencyKey, License>(
  line: Line | InvalidLine,
  { idempotencyKey: key }: LicenseBatch['options'],
  { schema, work }: BatchOperation<Order, License>,
): Promise<BatchOutcome<License>> {
  try {
    if ('error' in line) throw line.error;
    const { idempotency_key: own, ...order } = validated(schema, parseJson(line.text));
    let replayed = false;
    const onReplay = () => (replayed = true);
    const idempotencyKey = own ?? (key && keyOfLine(key, line.number));
    const license = await work(order, { idempotencyKey, onReplay });
    return { line: line.number, license, replayed };
  } catch (error) {
    return { line: line.number, error };
  }
}

/** No key that a caller can send has a line break in it. */
function keyOfLine(key: string, line: number): string {
  return `${key}\n${line}`;
}
