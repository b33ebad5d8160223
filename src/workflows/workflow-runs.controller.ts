import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ReasonRequest } from '../shared/http/action-reason.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { IdParameter } from '../shared/http/schema.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CancelWorkflowRunCommand } from './commands/cancel-workflow-run.command.js';
import { RetryWorkflowRunCommand } from './commands/retry-workflow-run.command.js';
import { SignalWorkflowRunCommand } from './commands/signal-workflow-run.command.js';
import { StartWorkflowCommand } from './commands/start-workflow.command.js';
import { GetWorkflowRunQuery } from './queries/get-workflow-run.query.js';
import { ListWorkflowRunsQuery } from './queries/list-workflow-runs.query.js';
import { ListWorkflowRunsRequest, SignalWorkflowRequest, StartWorkflowRequest } from './workflow-run.requests.js';
import { WorkflowRunDetails, WorkflowRunPage, WorkflowRunResponse } from './workflow-run.response.js';

const OPEN_CODES = {
  404: ['WORKFLOW_RUN_NOT_FOUND'],
  409: ['WORKFLOW_RUN_ENDED'],
  503: ['WORKFLOWS_UNAVAILABLE'],
} as const;

@ApiTags('Workflows')
@Controller('v1/workflow-runs')
export class WorkflowRunsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @RequirePermission('workflows:start')
  @DescribeWrite(
    {
      operationId: 'startWorkflow',
      summary: 'Start a workflow',
      description: 'The caller also needs every permission that the workflow requires: see docs/workflows.md.',
    },
    { 409: ['WORKFLOW_RUN_EXISTS'], 503: ['WORKFLOWS_UNAVAILABLE'] },
  )
  @CreatedAt('/v1/workflow-runs', 'run_id')
  @ApiAcceptedResponse({ standardSchema: WorkflowRunResponse })
  start(
    @CurrentActor() actor: Actor,
    @Body({ schema: StartWorkflowRequest }) body: StartWorkflowRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new StartWorkflowCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('workflows:read')
  @DescribeList({ operationId: 'listWorkflowRuns', summary: 'List workflow runs', description: 'Newest first.' })
  @ListOf(WorkflowRunPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListWorkflowRunsRequest }) query: ListWorkflowRunsRequest) {
    return this.queries.execute(new ListWorkflowRunsQuery(actor, query));
  }

  @Get(':run_id')
  @RequirePermission('workflows:read')
  @DescribeRead(
    { operationId: 'getWorkflowRun', summary: 'Get a workflow run', description: 'With its steps.' },
    { 404: ['WORKFLOW_RUN_NOT_FOUND'], 503: ['WORKFLOWS_UNAVAILABLE'] },
  )
  @ApiOkResponse({ standardSchema: WorkflowRunDetails })
  get(@CurrentActor() actor: Actor, @Param('run_id', { schema: IdParameter }) runId: string) {
    return this.queries.execute(new GetWorkflowRunQuery(actor, runId));
  }

  @Post(':run_id/signals/:signal')
  @HttpCode(202)
  @RequirePermission('workflows:signal')
  @DescribeChange(
    {
      operationId: 'signalWorkflowRun',
      summary: 'Send a signal to a workflow run',
      description:
        'The run keeps the signal until it waits for it. Some signals need a further permission, such as `workflows:approve`: see docs/workflows.md.',
    },
    OPEN_CODES,
  )
  @ApiAcceptedResponse({ standardSchema: WorkflowRunResponse })
  signal(
    @CurrentActor() actor: Actor,
    @Param('run_id', { schema: IdParameter }) runId: string,
    @Param('signal', { schema: IdParameter }) name: string,
    @Body({ schema: SignalWorkflowRequest }) body: SignalWorkflowRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new SignalWorkflowRunCommand(actor, runId, name, body, options));
  }

  @Post(':run_id/cancel')
  @HttpCode(202)
  @RequirePermission('workflows:cancel')
  @DescribeChange(
    {
      operationId: 'cancelWorkflowRun',
      summary: 'Cancel a workflow run',
      description: 'The run undoes what it made and ends as CANCELLED. One that completes meanwhile stays completed.',
    },
    OPEN_CODES,
  )
  @ApiAcceptedResponse({ standardSchema: WorkflowRunResponse })
  cancel(
    @CurrentActor() actor: Actor,
    @Param('run_id', { schema: IdParameter }) runId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CancelWorkflowRunCommand(actor, runId, body, options));
  }

  @Post(':run_id/retry')
  @HttpCode(202)
  @RequirePermission('workflows:cancel')
  @DescribeChange(
    {
      operationId: 'retryWorkflowRun',
      summary: 'Retry a stalled workflow run',
      description: 'The step is repeated with the same idempotency key, so that an effect it had is found again.',
    },
    { 404: ['WORKFLOW_RUN_NOT_FOUND'], 409: ['WORKFLOW_RUN_STATE'], 503: ['WORKFLOWS_UNAVAILABLE'] },
  )
  @ApiAcceptedResponse({ standardSchema: WorkflowRunResponse })
  retry(
    @CurrentActor() actor: Actor,
    @Param('run_id', { schema: IdParameter }) runId: string,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RetryWorkflowRunCommand(actor, runId, options));
  }
}
