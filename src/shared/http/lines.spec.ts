import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINE_BYTES, MAX_LINES, readLines } from './lines.js';

async function read(text: string | Buffer, pieces: readonly number[] = []): Promise<(readonly [number, string])[]> {
  const whole = Buffer.from(text as string);
  const cuts = [0, ...pieces.map((piece) => piece % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  async function* stream() {
    for (const [at, cut] of cuts.slice(1).entries()) yield await Promise.resolve(whole.subarray(cuts[at], cut));
  }
  const lines: (readonly [number, string])[] = [];
  for await (const line of readLines(stream())) {
    lines.push([line.number, 'error' in line ? (line.error.errorCode ?? '') : line.text]);
  }
  return lines;
}

describe('lines of a stream', () => {
  it('are told apart, with and without a line break at the end, in Windows form, and with empty ones between', async () => {
    expect(await read('a\nb')).toEqual([[1, 'a'], [2, 'b']]); // prettier-ignore
    expect(await read('a\n\n \nb\n')).toEqual([[1, 'a'], [4, 'b']]); // prettier-ignore
    expect(await read('a\r\nb\r\n')).toEqual([[1, 'a\r'], [2, 'b\r']]); // prettier-ignore
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
  });
});
