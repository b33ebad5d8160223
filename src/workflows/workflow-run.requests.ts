import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { pageParameters } from '../shared/http/paging.js';
import { IdParameter, ResourceId } from '../shared/http/schema.js';
import { WORKFLOW_NAMES } from './definitions/definitions.js';
import { RUN_STATES } from './workflow-run-state.js';

export const WorkflowName = z.enum(WORKFLOW_NAMES).meta({ id: 'WorkflowName' });
export const WorkflowRunState = z.enum(RUN_STATES).meta({
  id: 'WorkflowRunState',
  description:
    'STALLED: a step failed at all attempts; nothing is undone, and the run goes on after `retry`. FAILED and CANCELLED: what the run made is undone.',
});

export const StartWorkflowRequest = z
  .strictObject({
    workflow: WorkflowName,
    input: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Input of the workflow, see docs/workflows.md. Personal values are stored sealed.' }),
    run_id: ResourceId.optional().meta({
      description:
        'Id of the run, string or integer. A second start with the same id, workflow and input returns the first run.',
    }),
  })
  .meta({
    id: 'StartWorkflowRequest',
    examples: [
      {
        workflow: 'lead-to-customer',
        run_id: EXAMPLES.runId,
        input: {
          lead: { first_name: 'Jane', last_name: 'Roe', email: 'jane@example.com' },
          license_template_id: EXAMPLES.openTemplateId,
        },
      },
    ],
  });
export type StartWorkflowRequest = z.infer<typeof StartWorkflowRequest>;

export const SignalWorkflowRequest = z
  .strictObject({
    data: z
      .record(z.string(), z.unknown())
      .default({})
      .meta({ description: 'Data of the signal, see docs/workflows.md.' }),
  })
  .meta({ id: 'SignalWorkflowRequest', examples: [{}] });
export type SignalWorkflowRequest = z.infer<typeof SignalWorkflowRequest>;

export const ListWorkflowRunsRequest = z.strictObject({
  ...pageParameters,
  workflow: WorkflowName.optional(),
  state: WorkflowRunState.optional(),
  customer_id: IdParameter.optional(),
});
export type ListWorkflowRunsRequest = z.infer<typeof ListWorkflowRunsRequest>;
