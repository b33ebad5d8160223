import { Command, type ICommand } from '@nestjs/cqrs';
import type { Actor } from '../access/actor.js';

/** What every command takes besides its content. */
export interface CommandOptions {
  /**
   * 1 to 255 characters of the caller's, remembered per tenant and principal: the same command with the same key gets the
   * first result again, and changes nothing. Throws IdempotencyKeyReusedError, IdempotencyInProgressError.
   */
  readonly idempotencyKey?: string | undefined;
  /** Told when the result is that of an earlier command. */
  readonly onReplay?: () => void;
  /** Versions of the resource that the change was made for. At another one it is refused with PreconditionFailedError. */
  readonly ifMatch?: readonly number[] | undefined;
}

/**
 * A change within one tenant. Its fields say what is asked; `actor` and `options` say who asks and how. Each class has a static
 * `operation`, its stable name: see `operationOf`.
 */
export abstract class TenantCommand<Result> extends Command<Result> {
  constructor(
    readonly actor: Actor,
    readonly options: CommandOptions,
  ) {
    super();
  }

  /** The content of the request as JSON, under names that no renaming in the code changes: idempotency keys live across a deployment. */
  abstract get payload(): object;
}

/**
 * The stable name of a command's use case, such as `licenses.issue`: for digests, metadata of events, logs and metrics. Throws
 * TypeError where the class has none.
 */
export function operationOf(command: ICommand): string {
  const { operation = (command.constructor as { operation?: string }).operation } = command as { operation?: string };
  if (operation === undefined) throw new TypeError(`${command.constructor.name} has no operation.`);
  return operation;
}
