import { Module } from '@nestjs/common';
import { DatabaseMetrics } from './database-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { ProcessMetrics } from './process-metrics.js';

@Module({
  controllers: [MetricsController],
  providers: [DatabaseMetrics, ProcessMetrics],
})
export class MetricsModule {}
