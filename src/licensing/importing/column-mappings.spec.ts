import { createReadStream, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { csvRows } from '../../shared/http/streams/csv-rows.js';
import { readLines } from '../../shared/http/streams/lines.js';
import { mapColumns, ownMapping, type SourceRecord } from './column-mapping.js';
import { COLUMN_MAPPINGS, MAPPING_NAMES } from './column-mappings.js';
import { ImportLine } from './import-line.requests.js';

const FOLDER = 'docs/migrate';

async function recordsOf(file: string): Promise<SourceRecord[]> {
  const lines = readLines(createReadStream(file), { lineMs: 60_000 });
  const records: SourceRecord[] = [];
  for await (const line of file.endsWith('.csv') ? csvRows(lines) : lines) {
    if ('error' in line) throw line.error;
    records.push('value' in line ? line.value : (JSON.parse(line.text) as SourceRecord));
  }
  return records;
}

async function rowsOf(text: string) {
  const rows: unknown[] = [];
  for await (const row of csvRows(readLines(Readable.from([Buffer.from(text)]), { lineMs: 60_000 })))
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
    ['external_id', 42, '42'],
    ['devices', 'a; b|c', [{ fingerprint: 'a' }, { fingerprint: 'b' }, { fingerprint: 'c' }]],
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

describe('CSV', () => {
  it.each<[string, string, unknown[]]>([
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
    ['a quote without an end', 'a,b\n1,"2', ['2: The request cannot be read: a quoted value does not end.']],
  ])('with %s is read', async (_, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
  });
});
