import { createReadStream, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from '../../../test/support/property.js';
import { toCsv } from '../../shared/http/streams/export-formats.js';
import { csvRows } from '../../shared/http/streams/csv-rows.js';
import { readLines } from '../../shared/http/streams/lines.js';
import { mapColumns, ownMapping, type SourceRecord } from './column-mapping.js';
import { COLUMN_MAPPINGS, MAPPING_NAMES } from './column-mappings.js';
import { ImportLine } from './import-line.requests.js';
import { SeenLines } from './seen-lines.js';

const FOLDER = 'docs/migrate';
const PATIENT = { lineMs: 60_000, keepEmpty: true };

async function recordsOf(file: string): Promise<SourceRecord[]> {
  const lines = readLines(createReadStream(file), PATIENT);
  const records: SourceRecord[] = [];
  for await (const line of file.endsWith('.csv') ? csvRows(lines) : lines) {
    if ('error' in line) throw line.error;
    records.push('value' in line ? line.value : (JSON.parse(line.text) as SourceRecord));
  }
  return records;
}

async function rowsOf(text: string | Buffer) {
  const rows: unknown[] = [];
  for await (const row of csvRows(readLines(Readable.from([Buffer.from(text as string)]), PATIENT)))
    rows.push('error' in row ? `${row.number}: ${row.error.message}` : [row.number, ...Object.values(row.value)]);
  return rows;
}

describe('the ready mappings', () => {
  it.each(MAPPING_NAMES)('of %s map each line of its sample to one that can be imported', async (name) => {
    const file = readdirSync(FOLDER).find((each) => each.startsWith(`${name}.`) && !each.endsWith('.md'));
    const records = await recordsOf(`${FOLDER}/${file ?? ''}`);
    const lines = records.map((record) => ImportLine.parse(mapColumns(record, COLUMN_MAPPINGS[name])));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line.license_key).toBeDefined();
      expect(line.external_id).toBeDefined();
      expect(line.license_template_id ?? line.product_id).toBeDefined();
      expect(line.customer.email).toMatch(/@example\.com$/);
    }
    const [first, second] = lines;
    expect([undefined, 'ACTIVE']).toContain(first?.status);
    expect(first?.devices.length).toBeGreaterThanOrEqual(1);
    expect(first?.expiry_date).toMatch(/^2099-/);
    expect(['REVOKED', 'SUSPENDED', 'EXPIRED']).toContain(second?.status);
  });
});

describe('a ready mapping', () => {
  it.each([
    ['keygen', { maxMachines: null }, null],
    ['keygen', { maxMachines: '' }, null],
    ['keygen', { attributes: { maxMachines: null } }, null],
    ['keygen', {}, undefined],
    ['cryptlex', { allowedActivations: 0 }, null],
    ['licensespring', { max_activations: '0' }, null],
    ['lemon-squeezy', { activation_limit: null }, null],
    ['lemon-squeezy', { attributes: { activation_limit: 5 } }, 5],
    ['lemon-squeezy', {}, undefined],
  ] as const)('of %s reads the seats of %j as %j', (name, record, seats) => {
    expect(mapColumns(record, COLUMN_MAPPINGS[name]).max_activations).toBe(seats);
  });
});

describe('a mapping', () => {
  it.each<[string, unknown, unknown]>([
    ['expiry_date', '2027-03-04', '2027-03-04T00:00:00Z'],
    ['expiry_date', '2027-03-04 05:06', '2027-03-04T05:06:00Z'],
    ['expiry_date', '2027-03-04T05:06:07.123+0200', '2027-03-04T05:06:07.123+02:00'],
    ['expiry_date', 1_800_000_000, '2027-01-15T08:00:00.000Z'],
    ['expiry_date', '1800000000000', '2027-01-15T08:00:00.000Z'],
    ['expiry_date', 'next year', 'next year'],
    ['expiry_date', '', null],
    ['issued_date', '', undefined],
    ['max_activations', '12', 12],
    ['trial', 'Yes', true],
    ['expiry_date', '202701011200', '202701011200'],
    ['external_id', 42, '42'],
    ['external_id', 2 ** 60, 2 ** 60],
    ['license_key', 12345678901234567890n.toString(), '12345678901234567890'],
    ['devices', 'a; b|c', [{ fingerprint: 'a' }, { fingerprint: 'b|c' }]],
    ['devices', '[{"fingerprint":"a"}]', [{ fingerprint: 'a' }]],
    ['features', 'x', [{ feature_id: 'x', feature_name: 'x' }]],
    ['metadata', '{"a":1}', { a: 1 }],
    ['metadata', [{ key: 'a', value: 'b' }], { a: 'b' }],
  ])('converts %s %j to %j', (member, value, converted) => {
    expect(mapColumns({ [member]: value }, ownMapping({ [member]: value }))[member]).toEqual(converted);
  });

  it('reaches into objects, takes the first column with a value, and has defaults', () => {
    const mapping = { columns: { 'customer.email': ['a.b', 'mail'], issued_to: 'x' }, defaults: { status: 'ACTIVE' } };
    expect(mapColumns({ a: { b: '' }, mail: 'm@example.com' }, mapping)).toEqual({
      customer: { email: 'm@example.com' },
      status: 'ACTIVE',
    });
  });

  it('changes no prototype', () => {
    mapColumns({ x: 1 }, { columns: { '__proto__.polluted': 'x', 'constructor.prototype': 'x' } });
    expect({}).not.toHaveProperty('polluted');
  });
});

const READ = 'The request cannot be read: ';
const UNENDED = `${READ}the quoted value that begins in line 2 does not end.`;
const behind = (line: number) =>
  `${READ}line ${line} has text behind the quote that ends the value which begins in line 2.`;
const stray = (line: number) => `${line}: ${READ}line ${line} has a quote within a value that does not begin with one.`;

describe('CSV', () => {
  it.each<[string, string | Buffer, unknown[]]>([
    [
      'quotes, line breaks and empty values',
      'a,b,c\r\n"x, ""y"", z","1\n2",\r\n"""q""",,3',
      [
        [2, 'x, "y", z', '1\n2', ''],
        [4, '"q"', '', '3'],
      ],
    ],
    ['semicolons and a byte order mark', '\ufeffa;b\n1;2', [[2, '1', '2']]],
    [
      'tabs',
      'a\tb\n1\t2\n\n3\t4',
      [
        [2, '1', '2'],
        [4, '3', '4'],
      ],
    ],
    [
      'a row that is too short',
      'a,b\n1\n2,3',
      ['2: The request cannot be read: the row has 1 values, and the first line 2 names.', [3, '2', '3']],
    ],
    ['a quote without an end', 'a,b\n1,"2\n3,4', [`2: ${UNENDED}`, `3: ${UNENDED}`]],
    ['quotes within values', 'a,b,c\nx,19" rack,"c"\n1,2,3"', [stray(2), stray(3)]],
    ['a quote behind a space', 'a,b\n1, "2"\n3,4', [stray(2), [3, '3', '4']]],
    ['text behind a quote', 'a,b\n"1"x,2\n3,4', [`2: ${behind(2)}`, [3, '3', '4']]],
    [
      'a quote that ends in a later line',
      'a,b\n1,"2\n3,4\n5,"6"\n7,8',
      [...[2, 3, 4].map((line) => `${line}: ${behind(4)}`), [5, '7', '8']],
    ],
    [
      'empty lines in a value',
      'a\n"1\n\n\n2"\n\n3',
      [
        [2, '1\n\n\n2'],
        [7, '3'],
      ],
    ],
    ['a separator in a quoted name', '"a,b";c\n1;2', [[2, '1', '2']]],
    ['a column twice', 'a,b,a\n1,2,3', [1, 2].map((at) => `${at}: ${READ}the first line names a column twice.`)],
    [
      'a column without a name',
      'a,,b\n1,2,3',
      [1, 2].map((at) => `${at}: ${READ}the first line has a column without a name.`),
    ],
    ['a malformed first line', '"a"b\n1', [1, 2].map((at) => `${at}: ${READ}the first line is unreadable.`)],
    [
      'a first line that is no UTF-8',
      Buffer.from('fä,b\n1,2', 'latin1'),
      ['1: The body is not UTF-8.', `2: ${READ}the first line is unreadable.`],
    ],
  ])('with %s is read', async (_, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
  });

  it('has a result for each line of any text, and is read as it was written', async () => {
    const piece = fc.constantFrom('"', '""', ',', ';', '\n', '\r\n', 'a', ' ');
    const words = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        let next = 2;
        for await (const row of csvRows(readLines(Readable.from([Buffer.from(`a,b\n${text}`)]), PATIENT))) {
          const skipped = text.split('\n').slice(next - 2, row.number - 2);
          expect(skipped.join('').trim()).toBe('');
          next = row.number + ('error' in row ? 1 : row.source.split('\n').length);
        }
        expect(
          text
            .split('\n')
            .slice(next - 2)
            .join('')
            .trim(),
        ).toBe('');
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ a: words, b: fc.string() }), { minLength: 1, maxLength: 5 }),
        async (rows) => {
          const written = toCsv(rows, ['a', 'b'], true);
          const read = (await rowsOf(written)).map((row) => (row as unknown[]).slice(1));
          // The writer disarms formulas.
          expect(read.map((values) => values.map((value) => String(value).replace(/^'/, '')))).toEqual(
            rows.map(({ a, b }) => [a, b].map((value) => value.replace(/^'/, ''))),
          );
        },
      ),
    );
  });
});

describe('the lines before in an import', () => {
  it('are those of transactions that were committed: an attempt that is repeated counts nothing', () => {
    const seen = new SeenLines();
    const attempt = () => {
      const lines = new SeenLines(seen);
      expect([lines.has('key'), lines.takenFromPools.get('pool')]).toEqual([false, undefined]);
      lines.add(['key']);
      lines.takeFromPool('pool');
      expect(lines.has('key')).toBe(true);
      return lines;
    };
    attempt();
    seen.addAll(attempt());
    const later = new SeenLines(seen);
    expect([later.has('key'), later.takenFromPools.get('pool')]).toEqual([true, 1]);
  });
});
