import { randomInt } from 'node:crypto';
import { expect } from '@jest/globals';
import { query } from './database.js';
import { eventually } from './eventually.js';
import type { ServerProcess } from './server.js';

const CLIENTS = 8;
const MIN_ISSUES = 20;
const MAX_ISSUES = 120;

interface Event {
  readonly seq: number;
  readonly event_type: string;
  readonly license_id: string | null;
}

/** Clients of one server that issue licenses until it dies, and know which licenses it has answered for. */
export class IssuingClients {
  private readonly answered = new Set<string>();
  private onAnswer: () => void = () => undefined;
  private rounds = 0;

  constructor(
    private readonly server: ServerProcess,
    private readonly order: Record<string, unknown>,
    /** The server's own admin key if not given. */
    private readonly key?: string,
  ) {}

  /** Starts the server, and kills it at a random moment of the load. */
  async issueUntilKilled(kill: () => Promise<unknown>): Promise<void> {
    this.rounds++;
    await this.server.start();
    const target = this.answered.size + randomInt(MIN_ISSUES, MAX_ISSUES);
    const reached = new Promise<void>((reach) => {
      this.onAnswer = () => {
        if (this.answered.size >= target) reach();
      };
    });
    const clients = Array.from({ length: CLIENTS }, () => this.issueWhileItLives());
    await reached;
    await kill();
    await Promise.all(clients);
  }

  /** Starts the server again: each license that was answered for is there, once, with its event, and the log has no gap. */
  async expectNothingLost(superuserUrl: () => Promise<string>): Promise<void> {
    await this.server.start();
    await eventually(async () => {
      expect(await query(await superuserUrl(), 'SELECT id FROM outbox')).toEqual([]);
    });
    expect(this.answered.size).toBeGreaterThan(this.rounds * MIN_ISSUES);
    const licenses = await this.readAll<{ license_id: string }>('/licenses?limit=100');
    const existing = licenses.map(({ license_id }) => license_id);
    expect([...this.answered].filter((id) => !existing.includes(id))).toEqual([]);

    const events = await this.readAll<Event>('/license-events?limit=100');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    const created = events.filter(({ event_type }) => event_type === 'license.created');
    expect(created.map(({ license_id }) => license_id).sort()).toEqual(existing.sort());
  }

  private async issueWhileItLives(): Promise<void> {
    try {
      for (;;) {
        const response = await this.server.fetch('/licenses', { method: 'POST', body: this.order, ...this.withKey() });
        if (response.status !== 201) return;
        this.answered.add(((await response.json()) as { license_id: string }).license_id);
        this.onAnswer();
      }
    } catch {
      // The connection died with the server.
    }
  }

  private async readAll<Row>(path: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const response = await this.server.fetch(`${path}${cursor && `&cursor=${cursor}`}`, this.withKey());
      const page = (await response.json()) as { data: Row[]; next_cursor: string | null };
      rows.push(...page.data);
      cursor = page.next_cursor;
    }
    return rows;
  }

  private withKey() {
    return this.key === undefined ? {} : { key: this.key };
  }
}
