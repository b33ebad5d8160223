import { Command } from '@nestjs/cqrs';
import type { Actor } from '../tenancy/actor.js';

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

/** A change within one tenant. What it means is in its own fields; who asks and how stands in these two. */
export abstract class TenantCommand<Result> extends Command<Result> {
  constructor(
    readonly actor: Actor,
    readonly options: CommandOptions,
  ) {
    super();
  }
}
