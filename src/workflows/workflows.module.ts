import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CancelWorkflowRunHandler } from './commands/cancel-workflow-run.handler.js';
import { FinishWorkflowRunHandler } from './commands/finish-workflow-run.handler.js';
import { MarkWorkflowRunHandler } from './commands/mark-workflow-run.handler.js';
import { RetryWorkflowRunHandler } from './commands/retry-workflow-run.handler.js';
import { SignalWorkflowRunHandler } from './commands/signal-workflow-run.handler.js';
import { StartWorkflowHandler } from './commands/start-workflow.handler.js';
import { DbosEngine } from './engine/dbos-engine.js';
import { EngineDatabase } from './engine/engine-database.js';
import { WorkflowEngine } from './engine/engine.js';
import { GetWorkflowRunHandler } from './queries/get-workflow-run.handler.js';
import { ListWorkflowRunsHandler } from './queries/list-workflow-runs.handler.js';
import { StepPerformer } from './steps/step-performer.js';
import { WorkflowRunActions } from './workflow-run-actions.js';
import { WorkflowRun } from './workflow-run.entity.js';
import { WorkflowRunRepository } from './workflow-run.repository.js';
import { WorkflowRunsController } from './workflow-runs.controller.js';

@Module({})
export class WorkflowsModule {
  /** `databaseUrl` is that of the application role. */
  static forRoot(databaseUrl: string): DynamicModule {
    return {
      module: WorkflowsModule,
      global: true,
      imports: [TypeOrmModule.forFeature([WorkflowRun])],
      controllers: [WorkflowRunsController],
      providers: [
        { provide: EngineDatabase, useValue: new EngineDatabase(databaseUrl) },
        { provide: WorkflowEngine, useClass: DbosEngine },
        WorkflowRunRepository,
        WorkflowRunActions,
        StepPerformer,
        StartWorkflowHandler,
        SignalWorkflowRunHandler,
        CancelWorkflowRunHandler,
        RetryWorkflowRunHandler,
        MarkWorkflowRunHandler,
        FinishWorkflowRunHandler,
        GetWorkflowRunHandler,
        ListWorkflowRunsHandler,
      ],
      exports: [WorkflowEngine],
    };
  }
}
