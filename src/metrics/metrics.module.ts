import { Module } from '@nestjs/common';
import { ClockMetrics } from './clock-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { ProcessMetrics } from './process-metrics.js';
import { WorkflowMetrics } from './workflow-metrics.js';

@Module({
  controllers: [MetricsController],
  providers: [ClockMetrics, DatabaseMetrics, ProcessMetrics, WorkflowMetrics],
})
export class MetricsModule {}
