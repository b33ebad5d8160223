import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ReasonRequest } from '../shared/http/action-reason.js';
import { DescribeChange, DescribeList } from '../shared/http/api.decorators.js';
import { ChangeOptions } from '../shared/http/command-options.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { EndSessionCommand } from './commands/end-session.command.js';
import { ListSessionsQuery } from './queries/list-sessions.query.js';
import { ListSessionsRequest } from './session.requests.js';
import { SessionPage, SessionResponse } from './session.response.js';

@ApiTags('Sessions')
@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('sessions:manage')
  @DescribeList({
    operationId: 'listSessions',
    summary: 'List sessions',
    description: 'Newest first. Sessions that ended more than 30 days ago are deleted.',
  })
  @ListOf(SessionPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListSessionsRequest }) query: ListSessionsRequest) {
    return this.queries.execute(new ListSessionsQuery(actor, query));
  }

  @Post(':session_id/end')
  @HttpCode(200)
  @RequirePermission('sessions:manage')
  @DescribeChange(
    {
      operationId: 'endSession',
      summary: 'End a session',
      description: 'Its browser is signed out, within 5 seconds.',
    },
    { 404: ['SESSION_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: SessionResponse })
  end(
    @CurrentActor() actor: Actor,
    @Param('session_id', { schema: UuidParameter }) sessionId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new EndSessionCommand(actor, sessionId, body, options));
  }
}
