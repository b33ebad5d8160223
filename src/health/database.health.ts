import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { pendingMigrations } from '../database/preflight.js';

/** Up when the database answers and has seen every migration of this release. Its error messages stay inside. */
@Injectable()
export class DatabaseHealth {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async check(key: string) {
    const indicator = this.indicators.check(key);
    try {
      const pending = await pendingMigrations((sql) => this.dataSource.query(sql));
      return pending.length === 0 ? indicator.up() : indicator.down('behind on migrations');
    } catch {
      return indicator.down('not reachable');
    }
  }
}
