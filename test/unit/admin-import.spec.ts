import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { toSpreadsheet } from '../../packages/admin/src/parts/csv.js';
import { guessMembers, partsOf, type ImportMapping } from '../../packages/admin/src/routes/import/import-lines.js';
import { refusedFile } from '../../packages/admin/src/routes/import/refused-file.js';
import { sourceOf } from '../../packages/admin/src/routes/import/source-file.js';
import { parsed, RefusedLines, sourceOf as lineOfRow, type SourceLine } from '../../src/cli/refused-lines.js';
import { csvRows } from '../../src/shared/http/streams/csv-rows.js';

const OWN: ImportMapping = { system: undefined, members: {}, templateId: '' };

async function bodiesOf(name: string, text: string, mapping: ImportMapping) {
  const bodies = [];
  for await (const { body, rows } of partsOf(sourceOf(name, text), mapping))
    bodies.push({ body, rows: [...rows].map(([line, { number }]) => [line, number]) });
  return bodies;
}

describe('a file that the admin UI imports', () => {
  it('is CSV with commas, semicolons or tabs, quotes and line breaks in values', () => {
    const { columns, rows } = sourceOf('a.csv', '\uFEFFa;"b;c"\r\n1;"x\n""y"""\n\n;2\r\n');
    expect(columns).toEqual(['a', 'b;c']);
    expect(rows.map(({ number, value }) => [number, value])).toEqual([
      [2, { a: '1', 'b;c': 'x\n"y"' }],
      [5, { a: '', 'b;c': '2' }],
    ]);
    expect(sourceOf('a.csv', 'a\tb\n1\t2').rows[0]?.value).toEqual({ a: '1', b: '2' });
    expect(sourceOf('a.csv', 'a,b\n,').rows[0]?.value).toEqual({ a: '', b: '' });
  });

  it('says which rows cannot be read, and reads the others', () => {
    const rows = [...sourceOf('a.csv', 'a,b\n1\n"x\n1,2').rows, ...sourceOf('a.ndjson', '{"a":1}\n[1]\nx').rows];
    expect(rows.map(({ number, fault }) => [number, fault])).toEqual([
      [2, 'COLUMNS'],
      [3, 'QUOTE'],
      [4, undefined],
      [1, undefined],
      [2, 'JSON'],
      [3, 'JSON'],
    ]);
  });

  it('is sent with the chosen columns, the default template, and keys of its content', async () => {
    const text = 'import_line,Serial,E-Mail,Template,Other\n7,K1,a@b.c,,x\n8,,"a,b",t2,"y\nz"\n9,,,,';
    const members = { Serial: 'license_key', 'E-Mail': 'customer.email', Template: 'license_template_id' };
    expect(guessMembers(sourceOf('a.csv', text).columns)).toEqual({ ...members, 'E-Mail': 'customer.email' });
    const [part] = await bodiesOf('a.csv', text, {
      ...OWN,
      members: { ...members, Other: 'metadata.Other' },
      templateId: 't1',
    });
    const digest = /[0-9a-f]{64}-1/g;
    expect(part?.body.replaceAll(digest, 'KEY')).toBe(
      'license_key,customer.email,license_template_id,metadata.Other,idempotency_key\r\n' +
        'K1,a@b.c,t1,x,\r\n,"a,b",t2,"y\nz",KEY\r\n,,t1,,KEY\r\n',
    );
    expect(part?.rows).toEqual([
      [2, 2],
      [3, 3],
      [5, 5],
    ]);
    expect(new Set(part?.body.match(digest)).size).toBe(2);
  });

  it('is sent as it is where the columns are those of another system', async () => {
    const [csv] = await bodiesOf('a.csv', 'id;key\n1;K', { ...OWN, system: 'keygen' });
    expect(csv?.body).toBe('id,key\r\n1,K\r\n');
    const [json] = await bodiesOf('a.json', ' {"id":12345678901234567890}', { ...OWN, system: 'keygen' });
    expect(json?.body).toBe('{"id":12345678901234567890}');
    const [own] = await bodiesOf('a.json', '{"external_id":"1"}\n{"product_id":"p"}', { ...OWN, templateId: 't' });
    expect(own?.body.split('\n').map((line) => Object.keys(JSON.parse(line) as object))).toEqual([
      ['external_id', 'license_template_id'],
      ['product_id', 'idempotency_key'],
    ]);
  });

  it('counts equal lines without an id, so that each is imported, and again on the next run', async () => {
    const twice = await bodiesOf('a.json', '{"a":1}\n{"a":1}', OWN);
    const keys = twice[0]?.body
      .split('\n')
      .map((line) => (JSON.parse(line) as { idempotency_key: string }).idempotency_key);
    expect(keys?.map((key) => key.slice(64))).toEqual(['-1', '-2']);
    expect(await bodiesOf('a.json', '{"a":1}\n{"a":1}', OWN)).toEqual(twice);
  });
});

const NDJSON = [
  { license_key: '=cmd()-0123456789', expiry_date: null, max_activations: null, customer: { email: 'a@b.c' } },
  { license_key: '00123456789012345678', trial: false, metadata: { n: 1, s: '1', null: null }, issued_to: "'=x" },
  {
    external_id: '',
    issued_to: 'true',
    devices: [{ fingerprint: '1' }],
    max_activations: 5,
    expiry_date: '2031-01-31',
  },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

const CSV = `license_key,expiry_date,metadata.note,=x\n-1,,"two\nlines",'=y\nK2,2031-01-31,,@z\nK3,too few`;

async function* linesOf(text: string) {
  for (const [index, line] of text.split('\n').entries())
    yield Promise.resolve({ number: index + 1, text: line.replace(/\r$/, '') });
}

/** Lines as `npm run import` reads them. */
async function readByCommand(form: string, text: string): Promise<SourceLine[]> {
  if (form === 'ndjson') return text.split('\n').map((line, index) => parsed(index + 1, line));
  const lines: SourceLine[] = [];
  for await (const row of csvRows(linesOf(text)))
    lines.push(
      'error' in row
        ? { number: row.number, value: undefined, form: 'csv', text: row.source }
        : lineOfRow(row.number, row.value),
    );
  return lines;
}

describe('a file of refused lines', () => {
  it.each([
    ['ndjson', `${NDJSON}\n{"broken`],
    ['csv', CSV],
  ])(
    'of %s is the same from the admin UI and from `npm run import`, and each reads it as it was',
    async (form, text) => {
      const why = { code: 'TEMPLATE_NOT_FOUND', detail: '=why' };
      const file = sourceOf(`a.${form}`, text);
      const ours = refusedFile(
        file.rows.map((row) => ({ row, ...why })),
        file,
      );
      const folder = await mkdtemp(join(tmpdir(), 'refused-'));
      const refused = new RefusedLines(join(folder, 'theirs.csv'));
      const lines = await readByCommand(form, text);
      refused.see(lines);
      for (const line of lines) await refused.add(line, why);
      await refused.close();
      const theirs = await readFile(refused.file, 'utf8');
      await rm(folder, { recursive: true });

      expect(sourceOf('theirs.csv', theirs)).toEqual({ ...sourceOf('ours.csv', ours), name: 'theirs.csv' });
      const values = file.rows.map(({ value }) => value);
      const read = sourceOf('refused.csv', theirs);
      expect(read).toMatchObject({ kind: form, columns: file.columns });
      expect(read.rows.map(({ value }) => value)).toEqual(values);
      expect((await readByCommand('csv', ours)).map(({ value }) => value)).toEqual(values);
      expect((await readByCommand('csv', theirs)).map(({ value }) => value)).toEqual(values);
    },
  );

  it('keeps apart what is null and what is not there when it is sent', async () => {
    const file = sourceOf('a.ndjson', NDJSON);
    const text = refusedFile(
      file.rows.map((row) => ({ row, code: 'X' })),
      file,
    );
    const [part] = await bodiesOf('a.refused.csv', text, OWN);
    const sent = part?.body.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(sent?.map((line) => [line.expiry_date, line.max_activations])).toEqual([
      [null, null],
      [undefined, undefined],
      ['2031-01-31T00:00:00Z', 5],
    ]);
  });
});

describe('a file for people', () => {
  it('has no text that a spreadsheet takes for a formula', () => {
    expect(toSpreadsheet([['=1+1', '@x', '-1', 5, null, 'a"b,c', '+1']])).toBe(`'=1+1,'@x,'-1,5,,"a""b,c",'+1\r\n`);
  });
});
