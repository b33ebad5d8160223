import { HttpException, Injectable, Logger } from '@nestjs/common';
import { CommandBus, QueryBus, type Command, type Query } from '@nestjs/cqrs';
import { databaseProblem } from '../../database/database.errors.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { Actor } from '../../shared/access/actor.js';
import { Metrics } from '../../shared/metrics.js';
import { MAX_REMEMBER_DAYS } from '../../shared/persistence/idempotency-claim.js';
import { Clock } from '../../shared/time/clock.js';
import { FinishWorkflowRunCommand } from '../commands/finish-workflow-run.command.js';
import { MarkWorkflowRunCommand } from '../commands/mark-workflow-run.command.js';
import { permissionsOf } from '../definitions/definition.js';
import { definitionOf } from '../definitions/definitions.js';
import {
  FINISH_RUN,
  MARK_RUN,
  type OpenState,
  type Outcome,
  type StepOutcome,
  type StepRequest,
} from '../definitions/run-body.js';
import { WorkflowRunRepository } from '../workflow-run.repository.js';
import { refusalIn, type BusStep, type StepContext } from './bus-step.js';
import { BUS_STEPS } from './bus-steps.js';

/** Step of a run, as an engine asks for it. */
export interface StepCall extends StepRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly workflow: string;
}

/** Steps of the runner itself, which any workflow may perform on its own run. */
const RUN_STEPS: Readonly<Record<string, BusStep<never, object>>> = {
  [MARK_RUN]: {
    permissions: [],
    perform: async ({ actor, runId, options, execute }, open: OpenState) => {
      await execute(new MarkWorkflowRunCommand(actor, runId, open, options));
      return {};
    },
  },
  [FINISH_RUN]: {
    permissions: [],
    perform: async ({ actor, runId, options, execute }, outcome: Outcome) => {
      await execute(new FinishWorkflowRunCommand(actor, runId, outcome, options));
      return {};
    },
  },
};

/** Performs steps over the buses of this process, each as an actor with its own permissions alone, which the workflow must require. */
@Injectable()
export class StepPerformer {
  private readonly logger = new Logger('Workflows');

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly runs: WorkflowRunRepository,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  /** Returns the result or the refusal of a step. Throws if the machinery failed: the same call must then be repeated. */
  async perform(call: StepCall): Promise<StepOutcome> {
    try {
      const result = await this.performOnce(call);
      if (call.step === FINISH_RUN) return { result };
      // A partner is the customer of its own license.
      const { partner_id, customer_id = partner_id } = result as { customer_id?: string; partner_id?: string };
      return { result, cancelled: await this.runs.isCancelled(call.tenantId, call.runId, customer_id) };
    } catch (error) {
      const refused = refusalIn(error);
      if (refused) return { refused };
      throw await this.recordFailure(call, error);
    }
  }

  private performOnce(call: StepCall): Promise<object> {
    const { tenantId, runId, workflow, step, key, argument } = call;
    const definition = definitionOf(workflow);
    const performed = stepOf(step);
    if (!definition || !performed) throw new Error(`This release has no step ${step} of ${workflow}.`);
    const required = permissionsOf(definition);
    const missing = performed.permissions.find((permission) => !required.includes(permission));
    if (missing) throw new PermissionDeniedError(missing);
    const actor = Actor.workflowRun(workflow, tenantId, runId, performed.permissions);
    const context: StepContext = {
      actor,
      runId,
      options: { idempotencyKey: `${runId}/${key}`, rememberDays: MAX_REMEMBER_DAYS },
      execute: <Result>(command: Command<Result>) => this.commands.execute(command),
      ask: <Result>(query: Query<Result>) => this.queries.execute(query),
    };
    return performed.perform(context, argument as never);
  }

  /** Counts the failed attempt where the database can be reached, and returns the error without what may be personal. */
  private async recordFailure({ tenantId, runId, workflow, step }: StepCall, error: unknown): Promise<Error> {
    const known = databaseProblem(error);
    const code = (known instanceof HttpException ? known.errorCode : undefined) ?? 'INTERNAL_ERROR';
    this.metrics.workflowStepFailures.labels(workflow).inc();
    const cause = error instanceof Error ? error.stack : String(error);
    this.logger.warn({
      message: `Failed to perform a step: it will be repeated.`,
      tenant_id: tenantId,
      run_id: runId,
      step,
      code,
      ...(code === 'INTERNAL_ERROR' && { cause }),
    });
    const failure = { step, code, at: this.clock.now().toISOString() };
    await this.runs.addFailure(tenantId, runId, failure).catch(() => undefined);
    return Object.assign(new Error(`The step failed with ${code}.`), { code });
  }
}

function stepOf(name: string): BusStep<never, object> | undefined {
  const all: Readonly<Record<string, BusStep<never, object>>> = { ...BUS_STEPS, ...RUN_STEPS };
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
