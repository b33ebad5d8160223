import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { preferredFormat, toCsv } from './export-formats.js';

describe('the form of a list', () => {
  it.each([
    [undefined, undefined],
    ['*/*', undefined],
    ['application/json', undefined],
    ['application/*', undefined],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', undefined],
    ['application/json, text/csv', undefined],
    ['text/csv;q=0.5, application/json', undefined],
    ['text/csv;q=0', undefined],
    ['text/csv;q=0, */*', undefined],
    ['application/x-ndjson;q=0, application/json;q=0', undefined],
    ['image/png', undefined],
    ['nonsense', undefined],
    ['', undefined],
    ['text/csv', 'csv'],
    ['TEXT/CSV', 'csv'],
    ['text/csv; charset=utf-8', 'csv'],
    ['text/csv, */*', 'csv'],
    ['text/csv, application/json;q=0.9', 'csv'],
    ['text/*', 'csv'],
    ['application/x-ndjson', 'ndjson'],
    ['application/x-ndjson, text/csv', 'ndjson'],
    ['application/x-ndjson;q=0.5, text/csv', 'csv'],
    ['image/png, application/x-ndjson;q=0.1', 'ndjson'],
  ])('of Accept: %s is a page, or %s', (accept, form) => {
    const request = { headers: accept === undefined ? {} : { accept } } as IncomingMessage;
    expect(preferredFormat(request)?.fileExtension).toBe(form);
  });
});

describe('CSV', () => {
  const write = (...values: unknown[]) =>
    toCsv(
      values.map((value) => ({ value, after: 'next' })),
      ['value', 'after'],
      false,
    );
  const read = (text: string) => parse(text, { relax_column_count: false });

  it.each([
    [-5, '-5'],
    [0, '0'],
    [1.5, '1.5'],
    [true, 'true'],
    [false, 'false'],
    [null, ''],
    [undefined, ''],
    ['', '""'],
    ['plain', '"plain"'],
    ['-5', `"'-5"`],
    [[], '[]'],
    [{ a: '=1', b: [-1] }, '"{""a"":""=1"",""b"":[-1]}"'],
  ])('writes %j as the cell %s', (value, cell) => {
    expect(write(value)).toBe(`${cell},"next"\r\n`);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1', '\r\n=1', '＝1', '＋1', '－1', '＠x', '='])(
    'disarms the formula %j, and keeps the rest of it',
    (formula) => {
      expect(read(write(formula))).toEqual([[`'${formula}`, 'next']]);
    },
  );

  it.each(['a=1', ' =1', `'=1`, '"=1"', 'a\r\nb', 'a\rb', 'a\nb', 'a,b;c', '""', 'ü€😀', '\ufeff', '[1]', '\u2028'])(
    'gives the text %j back as it was',
    (text) => {
      expect(read(write(text, 1))).toEqual([
        [text, 'next'],
        ['1', 'next'],
      ]);
    },
  );

  it('begins with its columns, also without a row, and knows no others', () => {
    expect(toCsv([], ['a', 'b'], true)).toBe('"a","b"\r\n');
    expect(toCsv([{ b: 2, c: 3 }], ['a', 'b'], true)).toBe('"a","b"\r\n,2\r\n');
    expect(toCsv([], ['a', 'b'], false)).toBe('');
  });
});
