// Takes indexes, keys and foreign keys away from tables that are to be loaded, and puts the same ones back.

const CONSTRAINTS = `
  SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name, contype AS kind, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint
  WHERE (conrelid = ANY($1::regclass[]) AND contype IN ('p', 'u', 'f')) OR (confrelid = ANY($1::regclass[]) AND contype = 'f')`;

const INDEXES = `
  SELECT indrelid::regclass::text AS "table", indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
  WHERE indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`;

/** Answers how to put back those of one table, and last of all the foreign keys. */
export async function dropIndexes(client, tables) {
  const { rows: constraints } = await client.query(CONSTRAINTS, [tables]);
  const { rows: indexes } = await client.query(INDEXES, [tables]);
  const foreign = constraints.filter(({ kind }) => kind === 'f');
  const keys = constraints.filter(({ kind }) => kind !== 'f');
  for (const { table, name } of [...foreign, ...keys]) {
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  }
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  return {
    async restoreIndexes(worker, table) {
      for (const key of keys) if (key.table === table) await add(worker, key);
      for (const index of indexes) if (index.table === table) await worker.query(index.definition);
    },
    async restoreForeignKeys() {
      for (const key of foreign) await add(client, key);
    },
  };
}

function add(client, { table, name, definition }) {
  return client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
}
