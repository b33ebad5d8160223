import { ConflictException, NotFoundException, ServiceUnavailableException } from '@nestjs/common';

export class WorkflowRunNotFoundError extends NotFoundException {
  constructor(runId: string) {
    super(`There is no workflow run ${runId}.`, { errorCode: 'WORKFLOW_RUN_NOT_FOUND' });
  }
}

/** The run id is taken by a run with another workflow or input. */
export class WorkflowRunExistsError extends ConflictException {
  constructor(runId: string) {
    super(`There is already a workflow run ${runId} with another workflow or input.`, {
      errorCode: 'WORKFLOW_RUN_EXISTS',
    });
  }
}

export class WorkflowRunEndedError extends ConflictException {
  constructor(runId: string, state: string) {
    super(`The workflow run ${runId} has ended: it is ${state}.`, { errorCode: 'WORKFLOW_RUN_ENDED' });
  }
}

/** Only a stalled run can be retried: any other has ended, or makes progress by itself. */
export class WorkflowRunStateError extends ConflictException {
  constructor(runId: string, state: string) {
    super(`The workflow run ${runId} is ${state}. Only a run that is STALLED can be retried.`, {
      errorCode: 'WORKFLOW_RUN_STATE',
    });
  }
}

/** The engine is off, or cannot work on this database. */
export class WorkflowsUnavailableError extends ServiceUnavailableException {
  constructor(reason: string) {
    super(`Workflows are not available: ${reason}.`, { errorCode: 'WORKFLOWS_UNAVAILABLE' });
  }
}
