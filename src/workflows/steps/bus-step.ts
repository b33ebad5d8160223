import type { Command, Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { TenantPermission } from '../../shared/access/permissions.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';

export { StepRefusal } from './refusal.js';

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
