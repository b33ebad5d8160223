import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { ClientBase, Pool } from 'pg';
import type { DataSource } from 'typeorm';

// Accesses to fields that TypeORM and pg do not document, tried with typeorm 1.1.1, pg 8.23.1 and pg-pool 3.14.0.
// test/sql/library-internals.spec.ts fails when one of them moves.

/** The protocol layer of a pg client: it emits each message of the server, such as `readyForQuery`. */
export type Wire = EventEmitter & { readonly stream: Duplex };

export function wireOf(client: ClientBase): Wire {
  return (client as unknown as { readonly connection: Wire }).connection;
}

/** Returns the process of PostgreSQL that was named to the client when it connected; a pooler names any number. */
export function processNamedTo(client: ClientBase): number | null {
  return (client as unknown as { readonly processID: number | null }).processID;
}

/** Returns the pg pool that TypeORM takes its connections from. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { readonly master: Pool }).master;
}

/** Returns the options of the pool, including those of PoolConnection. */
export function poolOptionsOf(dataSource: DataSource): object {
  return (poolOf(dataSource) as unknown as { readonly options: object }).options;
}
