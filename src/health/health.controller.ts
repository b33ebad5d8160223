import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import { DescribePublic } from '../shared/http/api.decorators.js';
import { Public } from '../shared/access/access.decorators.js';
import { DatabaseHealth } from './database.health.js';
import { Health } from './health.response.js';

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
  ) {}

  @Get('live')
  @DescribePublic({ operationId: 'getLiveness', summary: 'Check liveness', description: 'The process responds.' })
  @ApiOkResponse({ standardSchema: Health })
  live() {
    return this.health.check([]);
  }

  @Get('ready')
  @DescribePublic(
    { operationId: 'getReadiness', summary: 'Check readiness', description: 'Database reachable and migrated.' },
    { 503: ['NOT_READY'] },
  )
  @ApiOkResponse({ standardSchema: Health })
  ready() {
    return this.health.check([() => this.database.check('database')]);
  }
}
