import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { writeSecretFile } from '../shared/secrets/secret-file.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { assertTenantId } from '../shared/tenant-id.js';
import { VERSION } from '../version.js';
import { BACKUP_TABLES, MAC_FILE, MANIFEST_FILE, SECRETS_FILE, type Manifest } from './backup-format.js';
import { manifestMac, writeSecrets } from './backup-secrets.js';
import { HashingStream } from './hashing-stream.js';
import { MaintenanceError, type Progress } from './maintenance.error.js';
import { tenantIds } from './tenant-transaction.js';

export interface BackupOptions {
  /** Seals the secrets file and authenticates all files; undefined leaves the secrets unencrypted, mode 0600. */
  readonly passphrase?: string | undefined;
  readonly progress: Progress;
}

/** Returns the planner's estimate of the rows, for a progress bar. */
export async function estimateRows(owner: pg.ClientBase): Promise<number> {
  const { rows } = await owner.query<{ rows: string }>(
    'SELECT sum(greatest(reltuples, 0))::bigint AS rows FROM pg_class WHERE oid = ANY($1::regclass[])',
    [[...BACKUP_TABLES]],
  );
  return Number(rows[0]?.rows ?? 0);
}

/**
 * Writes one snapshot of all tables (gzipped COPY data, streamed) and the secrets to a new folder, as the owner role, while servers run.
 * The folder gets its name once all is on disk. Throws MaintenanceError.
 */
export async function backUp(owner: pg.ClientBase, secrets: Secrets, folder: string, options: BackupOptions) {
  const draft = `${folder}.partial`;
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(draft, { mode: 0o700 }).catch((error: unknown) => {
    throw new MaintenanceError(
      `${draft} is there: another backup writes it now, or was killed. Remove it if none runs, or name another folder.`,
      { cause: error },
    );
  });
  try {
    const manifest = await readTables(owner, draft, options.progress);
    await writeSecretsAndManifest(draft, manifest, secrets, options.passphrase);
    await rename(draft, folder).catch((error: unknown) => {
      throw new MaintenanceError(`${folder} is there already. Name a new folder.`, { cause: error });
    });
    return manifest;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Writes the manifest last: a folder without it is not a complete backup. */
async function writeSecretsAndManifest(
  folder: string,
  manifest: Manifest,
  secrets: Secrets,
  passphrase: string | undefined,
): Promise<void> {
  const secretsFile = writeSecrets(secrets, passphrase);
  await writeSecretFile(join(folder, SECRETS_FILE), secretsFile);
  const content = JSON.stringify(manifest, null, 2);
  if (passphrase !== undefined) {
    await writeSecretFile(join(folder, MAC_FILE), manifestMac(content, secretsFile, passphrase));
  }
  await writeSecretFile(join(folder, MANIFEST_FILE), content);
}

/** Reads all tables in one snapshot, tenant by tenant, because row-level security binds the owner too. */
async function readTables(owner: pg.ClientBase, folder: string, progress: Progress): Promise<Manifest> {
  await owner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const tenants = await tenantIds(owner);
    const { rows: migrations } = await owner.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY id');
    const tables: Manifest['tables'] = {};
    for (const table of BACKUP_TABLES) tables[table] = await readTable(owner, table, tenants, folder, progress);
    await owner.query('COMMIT');
    return {
      format: 1,
      product: VERSION,
      created_at: new Date().toISOString(),
      migrations: migrations.map(({ name }) => name),
      tables,
    };
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function readTable(
  owner: pg.ClientBase,
  table: string,
  tenants: readonly string[],
  folder: string,
  progress: Progress,
) {
  const { columns, hasRowSecurity } = await describeTable(owner, table);
  const file = join(folder, `${table}.copy.gz`);
  const hashing = new HashingStream();
  const rows = new PassThrough();
  const written = pipeline(rows, createGzip({ level: 3 }), hashing, createWriteStream(file, { mode: 0o600 }));
  written.catch(() => undefined);
  let count = 0;
  for (const tenantId of hasRowSecurity ? tenants : [undefined]) {
    if (tenantId !== undefined) {
      assertTenantId(tenantId);
      await owner.query(`SET LOCAL app.tenant_id = '${tenantId}'`);
    }
    const copy = owner.query(copyTo(`COPY (SELECT ${columns.join(', ')} FROM ${table}) TO STDOUT`));
    await pipeline(copy, rows, { end: false });
    count += copy.rowCount;
    progress(copy.rowCount);
  }
  rows.end();
  await written;
  await sync(file);
  return { columns, rows: count, sha256: hashing.digest() };
}

/** Returns the columns that are not generated, and whether row-level security binds the owner too. */
async function describeTable(owner: pg.ClientBase, table: string) {
  const { rows } = await owner.query<{ columns: string[]; hasRowSecurity: boolean }>(
    `SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum)::text[] AS columns, bool_or(c.relforcerowsecurity) AS "hasRowSecurity"
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.oid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`,
    [table],
  );
  if (!rows[0]) throw new MaintenanceError(`There is no table ${table}.`);
  return rows[0];
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
