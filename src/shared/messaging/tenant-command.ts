import { Command, type ICommand } from '@nestjs/cqrs';
import type { Actor } from '../access/actor.js';

/** Options of every command besides its content. */
export interface CommandOptions {
  /**
   * Caller's key of 1 to 255 characters, unique per tenant and principal. A repeated command with the same key returns the stored result
   * and changes nothing. Throws IdempotencyKeyReusedError, IdempotencyInProgressError, IdempotencyResultErasedError.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Days for which the result of the idempotency key is stored, 1 to 90, so that a retry after a long outage still finds it; without it the
   * setting IDEMPOTENCY_TTL_HOURS. The first command with the key decides. Another number throws RangeError.
   */
  readonly rememberDays?: number | undefined;
  /** Called when the result is replayed from an earlier command. */
  readonly onReplay?: () => void;
  /** Accepted versions of the resource; the command throws PreconditionFailedError at any other version. */
  readonly ifMatch?: readonly number[] | undefined;
}

/** Change within one tenant. Each class has a static `operation`, its stable name: see `operationOf`. */
export abstract class TenantCommand<Result> extends Command<Result> {
  constructor(
    readonly actor: Actor,
    readonly options: CommandOptions,
  ) {
    super();
  }

  /** Content of the request as JSON for the idempotency digest. Its names must be stable, since claims outlive a deployment. */
  abstract get payload(): object;
}

/** Returns the operation of a command; undefined for a command of a sibling module that has none. */
export function findOperation(command: ICommand): string | undefined {
  const { operation = (command.constructor as { operation?: string }).operation } = command as { operation?: string };
  return operation;
}

/**
 * Returns the stable name of a command's use case, such as `licenses.issue`, for digests, metadata of events, logs and metrics. Throws
 * TypeError if the class has none.
 */
export function operationOf(command: ICommand): string {
  const operation = findOperation(command);
  if (operation === undefined) throw new TypeError(`${command.constructor.name} has no operation.`);
  return operation;
}
