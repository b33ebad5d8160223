import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { migrations } from '../database/migrations/index.js';
import { isRowMigration, migrateAllRows } from '../database/migrations/row-migration.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { BACKUP_TABLES, MAC_FILE, MANIFEST_FILE, Manifest, SECRETS_FILE } from './backup-format.js';
import { assertAuthentic, readSecrets } from './backup-secrets.js';
import { HashingStream } from './hashing-stream.js';
import { MaintenanceError, type Progress } from './maintenance.error.js';

const COLUMN = /^[a-z_][a-z0-9_]*$/;

/** A verified backup that this release can restore. */
export interface Backup {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly secrets: Secrets;
}

/**
 * Throws MaintenanceError if the folder is not a backup, if this release or passphrase cannot open it, or, with a passphrase, if it was
 * modified without that passphrase.
 */
export async function openBackup(folder: string, passphrase: string | undefined): Promise<Backup> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const content = await read(MANIFEST_FILE).catch((error: unknown) => {
    throw new MaintenanceError(`${folder} is not a backup: it has no readable ${MANIFEST_FILE}.`, { cause: error });
  });
  const secretsFile = await read(SECRETS_FILE).catch((error: unknown) => {
    throw new MaintenanceError(`${folder} has no readable ${SECRETS_FILE}.`, { cause: error });
  });
  const secrets = readSecrets(secretsFile, passphrase);
  if (passphrase !== undefined) {
    assertAuthentic(content.trimEnd(), secretsFile, await read(MAC_FILE).catch(() => undefined), passphrase);
  }
  return { folder, manifest: readManifest(folder, content), secrets };
}

function readManifest(folder: string, content: string): Manifest {
  const parsed = Manifest.safeParse(parseJson(content));
  if (!parsed.success) throw new MaintenanceError(`${join(folder, MANIFEST_FILE)} is not one of this product.`);
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = parsed.data.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new MaintenanceError(
      `A newer release (${parsed.data.product}) made the backup. Restore it with that release.`,
    );
  }
  return parsed.data;
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** Throws MaintenanceError unless the database is migrated and has no tenant. */
export async function assertEmpty(owner: pg.ClientBase): Promise<void> {
  const { rowCount } = await owner.query('SELECT 1 FROM tenants LIMIT 1');
  if (rowCount) throw new MaintenanceError('The database contains tenants. Restore into an empty database.');
}

/**
 * Loads a backup into an empty, migrated database, as the owner role, in one transaction, which also disables and re-enables row-level
 * security for the owner, because COPY does not work with it.
 */
export async function restore(owner: pg.ClientBase, { folder, manifest }: Backup, progress: Progress): Promise<void> {
  await owner.query('BEGIN');
  try {
    await owner.query(`LOCK TABLE ${BACKUP_TABLES.join(', ')} IN ACCESS EXCLUSIVE MODE`);
    await assertEmpty(owner);
    const { rows: tablesWithRowSecurity } = await owner.query<{ name: string }>(
      'SELECT oid::regclass::text AS name FROM pg_class WHERE oid = ANY($1::regclass[]) AND relforcerowsecurity',
      [[...BACKUP_TABLES]],
    );
    for (const { name } of tablesWithRowSecurity) await owner.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
    for (const table of BACKUP_TABLES) await loadTable(owner, folder, table, manifest.tables[table], progress);
    await migrateLoadedRows(owner, manifest);
    for (const { name } of tablesWithRowSecurity) await owner.query(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`);
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Repeats row changes of migrations that are later than the backup and ran on empty tables. */
async function migrateLoadedRows(owner: pg.ClientBase, manifest: Manifest): Promise<void> {
  const run = async (text: string, values: unknown[]) => (await owner.query(text, values)).rows as unknown;
  for (const Migration of migrations) {
    const migration = new Migration();
    if (!manifest.migrations.includes(migration.name) && isRowMigration(migration))
      await migrateAllRows(migration, run);
  }
}

async function loadTable(
  owner: pg.ClientBase,
  folder: string,
  table: string,
  expected: Manifest['tables'][string] | undefined,
  progress: Progress,
): Promise<void> {
  // The table was added in a later release than that of the backup.
  if (!expected) return;
  const columns = expected.columns.map((name) => name.replaceAll('"', ''));
  if (!columns.every((name) => COLUMN.test(name))) throw new MaintenanceError(`${table} has a column of an odd name.`);
  const hashing = new HashingStream();
  const copy = owner.query(copyFrom(`COPY ${table} (${columns.map((name) => `"${name}"`).join(', ')}) FROM STDIN`));
  const file = join(folder, `${table}.copy.gz`);
  await pipeline(createReadStream(file), hashing, createGunzip(), copy).catch((error: unknown) => {
    throw new MaintenanceError(`${file} cannot be loaded: ${String(error)}`, { cause: error });
  });
  progress(copy.rowCount);
  if (hashing.digest() !== expected.sha256 || copy.rowCount !== expected.rows) {
    throw new MaintenanceError(`${file} is not as the manifest says: it was changed or cut short.`);
  }
}
