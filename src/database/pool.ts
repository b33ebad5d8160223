import type { DataSource } from 'typeorm';
import { poolOptionsOf } from './library-internals.js';
import type { PoolMonitor } from './pool-monitor.js';

/** The monitor that the options of the data source contain. */
export function monitorOf(dataSource: DataSource): PoolMonitor {
  return (poolOptionsOf(dataSource) as { readonly monitor: PoolMonitor }).monitor;
}
