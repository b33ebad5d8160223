import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { DescribeRead } from '../shared/http/api.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ListEventsRequest } from './license-event.requests.js';
import { ListEventsQuery } from './queries/list-events.query.js';
import { LicenseEventPage } from './license-event.response.js';

@ApiTags('License events')
@Controller('v1/license-events')
export class LicenseEventsController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @OpenToPartners()
  @RequirePermission('events:read')
  @DescribeRead({
    operationId: 'listEvents',
    summary: 'List events',
    description: 'By `seq`, ascending by default. To follow the log, continue after the last `seq`.',
  })
  @ListOf(LicenseEventPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListEventsRequest }) query: ListEventsRequest) {
    return this.queries.execute(new ListEventsQuery(actor, query));
  }
}
