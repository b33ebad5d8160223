import { HttpException } from '@nestjs/common';
import type { Command, Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { TenantPermission } from '../../shared/access/permissions.js';
import { ValidationError } from '../../shared/errors.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Refusal } from '../definitions/run-body.js';
import { refusalOf, StepRefusal } from './refusal.js';

export { StepRefusal };

/** Context of a step: the buses, as the run's actor. `options` make its command take effect once; a second command of a step adds to the key. */
export interface StepContext {
  readonly actor: Actor;
  readonly runId: string;
  readonly options: CommandOptions;
  readonly execute: <Result>(command: Command<Result>) => Promise<Result>;
  readonly ask: <Result>(query: Query<Result>) => Promise<Result>;
}

/** Step over the buses of this process. The workflow must require its permissions; a 4xx refuses the step, any other error repeats it. */
export interface BusStep<Argument, Result> {
  readonly permissions: readonly TenantPermission[];
  perform(context: StepContext, argument: Argument): Promise<Result>;
}

/** Returns the refusal that an error is; undefined for a failure of the machinery. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (error instanceof StepRefusal) return { code: error.code, message: error.message };
  if (!(error instanceof HttpException)) return undefined;
  const status = error.getStatus();
  const { errorCode: code = `HTTP_${status}`, message } = error;
  return refusalOf({ status, code, message, ...(error instanceof ValidationError && { errors: error.errors }) });
}
