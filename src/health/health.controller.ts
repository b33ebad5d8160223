import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import { DescribePublic } from '../shared/http/api.decorators.js';
import { Public } from '../shared/access/access.decorators.js';
import { WorkflowEngine } from '../workflows/index.js';
import { DatabaseHealth } from './database.health.js';
import { Health } from './health.response.js';

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly engine: WorkflowEngine,
  ) {}

  @Get('live')
  @DescribePublic({ operationId: 'getLiveness', summary: 'Check liveness', description: 'The process responds.' })
  @ApiOkResponse({ standardSchema: Health })
  live() {
    return this.health.check([]);
  }

  @Get('ready')
  @DescribePublic(
    {
      operationId: 'getReadiness',
      summary: 'Check readiness',
      description: 'Database reachable and migrated. `workflows.state` names the state of the engine of workflows.',
    },
    { 503: ['NOT_READY'] },
  )
  @ApiOkResponse({ standardSchema: Health })
  ready() {
    // Without workflows the server does everything else, so that their state is told and never fails the probe.
    const { name, status } = this.engine;
    return this.health.check([
      () => this.database.check('database'),
      () => ({ workflows: { status: 'up' as const, engine: name, ...status } }),
    ]);
  }
}
