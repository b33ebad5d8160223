import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import { DescribePublic } from '../shared/http/api.decorators.js';
import { Public } from '../shared/tenancy/access.decorators.js';
import { DatabaseHealth } from './database.health.js';
import { Health } from './health.dto.js';

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
  ) {}

  @Get('live')
  @DescribePublic('Whether the process answers')
  @ApiOkResponse({ standardSchema: Health })
  live() {
    return this.health.check([]);
  }

  @Get('ready')
  @DescribePublic('Whether the database answers, takes writes and is not behind on migrations', { 503: ['NOT_READY'] })
  @ApiOkResponse({ standardSchema: Health })
  ready() {
    return this.health.check([() => this.database.check('database')]);
  }
}
