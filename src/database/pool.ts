import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { PoolMonitor } from './pool-monitor.js';

/** The connections that TypeORM lends, to be used without it. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}

export function monitorOf(dataSource: DataSource): PoolMonitor {
  return (poolOf(dataSource).options as unknown as { monitor: PoolMonitor }).monitor;
}
