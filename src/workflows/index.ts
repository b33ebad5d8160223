export { CancelWorkflowRunCommand } from './commands/cancel-workflow-run.command.js';
export { RetryWorkflowRunCommand } from './commands/retry-workflow-run.command.js';
export { SignalWorkflowRunCommand } from './commands/signal-workflow-run.command.js';
export { StartWorkflowCommand } from './commands/start-workflow.command.js';
export { WorkflowEngine, type EngineStatus } from './engine/engine.js';
export * from './events/workflow-run.events.js';
export { GetWorkflowRunQuery } from './queries/get-workflow-run.query.js';
export { ListWorkflowRunsQuery } from './queries/list-workflow-runs.query.js';
export { WorkflowsModule } from './workflows.module.js';
