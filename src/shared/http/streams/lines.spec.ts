import { describe, expect, it } from '@jest/globals';
import fc from '../../../../test/support/property.js';
import { PassThrough, Readable } from 'node:stream';
import type { HttpException } from '@nestjs/common';
import { MAX_LINE_BYTES, MAX_LINES, readLines, type BodyLimits } from './lines.js';

const PATIENT = { lineMs: 60_000 };

async function readAll(body: Readable, limits: BodyLimits = PATIENT): Promise<(readonly [number, string])[]> {
  const lines: (readonly [number, string])[] = [];
  for await (const line of readLines(body, limits)) {
    lines.push([line.number, 'error' in line ? ((line.error as HttpException).errorCode ?? '') : line.text]);
  }
  return lines;
}

async function read(text: string | Buffer, pieces: readonly number[] = []): Promise<(readonly [number, string])[]> {
  const whole = Buffer.from(text as string);
  const cuts = [0, ...pieces.map((piece) => piece % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  async function* stream() {
    for (const [at, cut] of cuts.slice(1).entries()) yield await Promise.resolve(whole.subarray(cuts[at], cut));
  }
  return readAll(Readable.from(stream(), { objectMode: false }));
}

describe('lines of a stream', () => {
  it('are told apart, with and without a line break at the end, in Windows form, and with empty ones between', async () => {
    expect(await read('a\nb')).toEqual([[1, 'a'], [2, 'b']]); // oxfmt-ignore
    expect(await read('a\n\n \nb\n')).toEqual([[1, 'a'], [4, 'b']]); // oxfmt-ignore
    expect(await read('a\r\nb\r\n')).toEqual([[1, 'a\r'], [2, 'b\r']]); // oxfmt-ignore
    expect(await read('')).toEqual([]);
  });

  it('are the same however the bytes arrive, also in the middle of a character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/\n/g, ''))),
        fc.array(fc.nat()),
        async (lines, pieces) => {
          const expected = lines.flatMap((text, at) => (text.trim() === '' ? [] : [[at + 1, text] as const]));
          expect(await read(lines.join('\n'), pieces)).toEqual(expected);
        },
      ),
    );
  });

  it('that are too long are told in their place, and the others are read', async () => {
    const fits = 'x'.repeat(MAX_LINE_BYTES);
    expect(await read(`${fits}\n${fits}x\nb`, [5, 20_000, 40_000])).toEqual([
      [1, fits],
      [2, 'LINE_TOO_LONG'],
      [3, 'b'],
    ]);
    expect(await read(`${fits}x`)).toEqual([[1, 'LINE_TOO_LONG']]);
  });

  it('end with the one that is too many', async () => {
    const lines = await read('a\n'.repeat(MAX_LINES + 5));
    expect(lines).toHaveLength(MAX_LINES + 1);
    expect(lines.at(-1)).toEqual([MAX_LINES + 1, 'TOO_MANY_LINES']);
    expect(await read('a\n'.repeat(MAX_LINES))).toHaveLength(MAX_LINES);
    expect(await read('\n'.repeat(MAX_LINES))).toEqual([]);
    expect(await read(`${'\n'.repeat(MAX_LINES)}\n`)).toEqual([[MAX_LINES + 1, 'TOO_MANY_LINES']]);
  });

  it('that are not UTF-8 are told in their place, and none is read with other characters', async () => {
    const broken = Buffer.concat([Buffer.from('a\nb'), Buffer.from([0xff]), Buffer.from('\n'), Buffer.from([0xc3])]);
    expect(await read(broken)).toEqual([[1, 'a'], [2, 'MALFORMED_REQUEST'], [3, 'MALFORMED_REQUEST']]); // oxfmt-ignore
  });

  it('are read to the end of the body behind the one that is too many, so that its sender can send all of it', async () => {
    const body = Readable.from([Buffer.from('a\n'.repeat(MAX_LINES + 5)), Buffer.alloc(1_000_000, 'b')], {
      objectMode: false,
    });
    expect(await readAll(body)).toHaveLength(MAX_LINES + 1);
    expect(body.readableEnded).toBe(true);
  });

  it('end where the body is too large, also in a line that never ends, and leave the rest to whoever closes it', async () => {
    const body = Readable.from([Buffer.from('a\n'), Buffer.alloc(5_000, 'b'), Buffer.alloc(5_000, 'b')], {
      objectMode: false,
    });
    expect(await readAll(body, { ...PATIENT, bodyBytes: 6_000 })).toEqual([[1, 'a'], [2, 'BODY_TOO_LARGE']]); // oxfmt-ignore
    expect(body.destroyed).toBe(false);
  });

  it.each([
    ['nothing', () => undefined],
    ['empty lines alone', (body: PassThrough) => body.write('\n')],
    ['a line that never ends', (body: PassThrough) => body.write('b')],
  ])('end where %s comes for too long', async (_, trickle) => {
    const body = new PassThrough();
    body.write('a\n');
    const timer = setInterval(() => trickle(body), 10);
    const lines = await readAll(body, { lineMs: 150 });
    clearInterval(timer);
    expect(lines).toEqual([[1, 'a'], [expect.any(Number), 'REQUEST_TIMEOUT']]); // oxfmt-ignore
  });

  it('end where the body takes too long, though lines come', async () => {
    const body = new PassThrough();
    const timer = setInterval(() => body.write('a\n'), 10);
    const lines = await readAll(body, { ...PATIENT, bodyMs: 150 });
    clearInterval(timer);
    expect(lines.at(-1)?.[1]).toBe('REQUEST_TIMEOUT');
  });

  it('take as long as their reader does, whose time does not count', async () => {
    const body = new PassThrough();
    body.end('a\nb\nc');
    const read: number[] = [];
    for await (const { number } of readLines(body, { lineMs: 10 })) {
      read.push(number);
      for (const begun = performance.now(); performance.now() - begun < 20;);
    }
    expect(read).toEqual([1, 2, 3]);
  });

  it('fail where the body does', async () => {
    const body = new PassThrough();
    body.write('a\n');
    const lines = readLines(body, PATIENT);
    expect((await lines.next()).value).toEqual({ number: 1, text: 'a' });
    const next = lines.next();
    body.destroy(new Error('cut'));
    await expect(next).rejects.toThrow('cut');
  });
});
