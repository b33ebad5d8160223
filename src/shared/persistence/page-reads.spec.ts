import { describe, expect, it } from '@jest/globals';
import type { Statement } from './tenant-connection.js';
import { PageReads, type PageStatement } from './page-reads.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Fake database: each page has one row, the id that it asks for, but statements named "bad" fail. */
function startReads() {
  const sent: Statement[] = [];
  const queryStandalone = (statement: Statement) => {
    sent.push(statement);
    if (statement.name?.startsWith('bad')) return Promise.reject(new Error('refused'));
    const ids = statement.values[1];
    if (!Array.isArray(ids)) return Promise.resolve([{ id: ids as string }]);
    return Promise.resolve(ids.map((id: string, at) => ({ page_number: at + 1, id })));
  };
  const reads = new PageReads({ queryStandalone } as unknown as UnitOfWork);
  const pagesOf = (name: string, count: number, limit: number) =>
    Array.from({ length: count }, (_, at) =>
      reads.add({
        name,
        text: 'SELECT $2 LIMIT $3',
        values: ['t', `${at}`, limit],
        valueTypes: ['text', 'text', 'integer'],
      } satisfies PageStatement),
    );
  return { sent, pagesOf };
}

describe('reads of pages', () => {
  it('that arrive together share statements, of no more rows than Node may read at once', async () => {
    const { sent, pagesOf } = startReads();
    const pages = await Promise.all(pagesOf('page', 40, 101));
    expect(pages).toEqual(pages.map((_, at) => [{ id: `${at}` }]));
    expect(sent.map(({ values: [, ids] }) => (ids as string[]).length)).toEqual([15, 15, 10]);
    expect(sent[0]).toMatchObject({
      name: 'page-shared',
      text: expect.stringContaining('SELECT asked.v2 LIMIT asked.v3'),
    });
  });

  it('have a statement for each name, whose failure fails no other', async () => {
    const { sent, pagesOf } = startReads();
    const [good, bad] = [pagesOf('good', 2, 20), pagesOf('bad', 2, 20)];
    const outcomes = await Promise.allSettled([...good, ...bad, ...pagesOf('lone', 1, 20)]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(sent.map(({ name }) => name)).toEqual(['good-shared', 'bad-shared', 'lone']);
  });
});
