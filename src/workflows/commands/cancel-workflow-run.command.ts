import { WorkflowRunCommand } from './workflow-run.command.js';

/**
 * Asks a run to end and to undo what it made, before its next step or in its wait. A run that completes meanwhile stays completed. Throws
 * WorkflowRunEndedError.
 */
export class CancelWorkflowRunCommand extends WorkflowRunCommand {
  static readonly operation = 'workflows.cancel';
}
