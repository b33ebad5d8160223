import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { prometheusContentType } from 'prom-client';
import { DescribeRead } from '../shared/http/api.decorators.js';
import { Metrics } from '../shared/metrics.js';
import { RequirePermission } from '../shared/access/access.decorators.js';

const EXAMPLE = `# TYPE imprimatur_commands_total counter
imprimatur_commands_total{operation="licenses.issue"} 1
`;

@ApiTags('Metrics')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @RequirePermission('metrics:read')
  @DescribeRead({
    operationId: 'getMetrics',
    summary: 'Get metrics',
    description: 'Prometheus text format. Needs a platform key.',
  })
  @Header('Content-Type', prometheusContentType)
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } } })
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
