import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { WorkflowRun, type StepFailure } from './workflow-run.entity.js';

const CANCELLATION = {
  name: 'workflow_runs.cancellation',
  text: `SELECT cancel_requested_at IS NOT NULL AS cancelled FROM workflow_runs WHERE tenant_id = $1 AND run_id = $2`,
};
const SET_CUSTOMER = {
  name: 'workflow_runs.set-customer',
  text: `UPDATE workflow_runs SET customer_id = $3 WHERE tenant_id = $1 AND run_id = $2
         RETURNING cancel_requested_at IS NOT NULL AS cancelled`,
};
const ADD_FAILURE = {
  name: 'workflow_runs.add-failure',
  text: `UPDATE workflow_runs SET failed_attempts = failed_attempts + 1, last_failure = $3 WHERE tenant_id = $1 AND run_id = $2`,
};

@Injectable()
export class WorkflowRunRepository extends TenantScopedRepository<WorkflowRun> {
  constructor(unitOfWork: UnitOfWork) {
    super(WorkflowRun, 'runId', unitOfWork);
  }

  /** Returns whether the cancellation of a run is requested. Stores the customer, or partner, that a step found or created, so that an erasure finds it. */
  async isCancelled(tenantId: string, runId: string, customerId: string | undefined): Promise<boolean> {
    const rows =
      customerId === undefined
        ? await this.unitOfWork.read(tenantId, (transaction) =>
            transaction.query<{ cancelled: boolean }>({ ...CANCELLATION, values: [tenantId, runId] }),
          )
        : await this.unitOfWork.run(tenantId, (transaction) =>
            transaction.query<{ cancelled: boolean }>({ ...SET_CUSTOMER, values: [tenantId, runId, customerId] }),
          );
    return rows[0]?.cancelled ?? false;
  }

  /** Counts an attempt of a step that failed by the machinery. */
  async addFailure(tenantId: string, runId: string, failure: StepFailure): Promise<void> {
    await this.unitOfWork.run(tenantId, (transaction) =>
      transaction.query({ ...ADD_FAILURE, values: [tenantId, runId, JSON.stringify(failure)] }),
    );
  }
}
