import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** The connections that TypeORM lends, to be used without it. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}
