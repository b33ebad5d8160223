import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { settingStatements } from '../../src/database/session-settings.js';
import { withClient } from '../../src/database/with-client.js';

interface Cluster {
  readonly run: string;
  readonly template: string;
  readonly owner: string;
  readonly application: string;
  readonly password: string;
  readonly superuserUrl: string;
}

/** A database of one test file, and the three roles one can reach it as. */
export class TestDatabase {
  /** Sessions of the superuser: to open one takes longer than most queries of tests. */
  private readonly pool: pg.Pool;

  private constructor(
    private readonly cluster: Cluster,
    readonly name: string,
  ) {
    this.pool = new pg.Pool({ connectionString: this.superuserUrl, allowExitOnIdle: true });
    // A test may end the sessions of its database; `drop` does.
    this.pool.on('error', () => undefined);
  }

  /** Migrated, without tenants. With `empty` not even that. */
  static async create({ empty = false } = {}): Promise<TestDatabase> {
    const cluster = JSON.parse(process.env.IMPRIMATUR_TEST_POSTGRES ?? 'null') as Cluster | null;
    if (!cluster) throw new Error('The global setup did not run.');
    const name = `${cluster.run}_${randomBytes(4).toString('hex')}`;
    await withClient(cluster.superuserUrl, async (admin) => {
      await admin.query(
        `CREATE DATABASE ${name} OWNER ${cluster.owner} ${empty ? '' : `TEMPLATE ${cluster.template}`}`,
      );
      // They are of the role in a database, so a copy of the template has none.
      await admin.query(settingStatements(cluster.application, name, loadConfig({})).join('; '));
    });
    return new TestDatabase(cluster, name);
  }

  /** Subject to row-level security: what the server runs as. */
  get applicationUrl(): string {
    return this.urlFor(this.cluster.application);
  }

  get ownerUrl(): string {
    return this.urlFor(this.cluster.owner);
  }

  /** Bypasses row-level security: what a test looks behind the walls with. */
  get superuserUrl(): string {
    return this.urlFor();
  }

  get applicationRole(): string {
    return this.cluster.application;
  }

  get ownerRole(): string {
    return this.cluster.owner;
  }

  urlFor(role?: string, password = this.cluster.password): string {
    const url = new URL(this.cluster.superuserUrl);
    if (role !== undefined) [url.username, url.password] = [role, password];
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** As the superuser. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  async drop(): Promise<void> {
    await query(this.cluster.superuserUrl, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
    await this.pool.end();
  }
}

export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query<Row>(text, values)).rows);
}
