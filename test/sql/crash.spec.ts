import { randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { query } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = 6;
const CLIENTS = 8;

interface Event {
  seq: number;
  event_type: string;
  license_id: string | null;
}

describe('kill -9 under load', () => {
  let server: ServerProcess;
  const answered = new Set<string>();

  beforeAll(async () => {
    server = await ServerProcess.create();
  });

  afterAll(() => server.cleanUp());

  it(`loses no license that was answered for, and no event, in ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await server.start();
      const target = answered.size + randomInt(20, 120);
      const clients = Array.from({ length: CLIENTS }, () => issueUntilItDies());
      while (answered.size < target) await nextTurn();
      // Every other time the database dies too, as when the machine does.
      if (round % 2 === 1) process.kill((await server.postmaster()).pid, 'SIGKILL');
      await server.kill('SIGKILL');
      await Promise.all(clients);
    }
    await server.start();
    await eventually(async () => {
      expect(await query(await server.superuserUrl(), 'SELECT id FROM outbox')).toEqual([]);
    }, 10_000);

    expect(answered.size).toBeGreaterThan(ROUNDS * 20);
    const licenses = await readAll<{ license_id: string }>('/licenses?limit=100');
    const existing = licenses.map(({ license_id }) => license_id);
    expect([...answered].filter((id) => !existing.includes(id))).toEqual([]);

    const events = await readAll<Event>('/license-events?limit=100');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    const created = events
      .filter(({ event_type }) => event_type === 'license.created')
      .map(({ license_id }) => license_id);
    expect(created.sort()).toEqual(existing.sort());
  }, 180_000);

  async function issueUntilItDies(): Promise<void> {
    try {
      for (;;) {
        const order = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
        const response = await server.fetch('/licenses', { method: 'POST', body: order });
        if (response.status !== 201) return;
        answered.add(((await response.json()) as { license_id: string }).license_id);
      }
    } catch {
      // The connection died with the server.
    }
  }

  async function readAll<Row>(path: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const response = await server.fetch(`${path}${cursor && `&cursor=${cursor}`}`);
      const page = (await response.json()) as { data: Row[]; next_cursor: string | null };
      rows.push(...page.data);
      cursor = page.next_cursor;
    }
    return rows;
  }
});
