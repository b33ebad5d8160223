import { Module } from '@nestjs/common';
import { ClockMetrics } from './clock-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { ProcessMetrics } from './process-metrics.js';

@Module({
  controllers: [MetricsController],
  providers: [ClockMetrics, DatabaseMetrics, ProcessMetrics],
})
export class MetricsModule {}
