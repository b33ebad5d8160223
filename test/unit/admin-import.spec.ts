import { describe, expect, it } from '@jest/globals';
import { toSpreadsheet } from '../../packages/admin/src/parts/csv.js';
import { guessMembers, partsOf, type ImportMapping } from '../../packages/admin/src/routes/import/import-lines.js';
import { sourceOf } from '../../packages/admin/src/routes/import/source-file.js';

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

describe('a file for people', () => {
  it('has no text that a spreadsheet takes for a formula', () => {
    expect(toSpreadsheet([['=1+1', '@x', '-1', 5, null, 'a"b,c', '+1']])).toBe(`'=1+1,'@x,'-1,5,,"a""b,c",'+1\r\n`);
  });
});
