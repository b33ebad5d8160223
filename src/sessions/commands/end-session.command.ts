import type { Actor } from '../../shared/access/actor.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { SessionResponse } from '../session.response.js';

/** Ends a session of the tenant. Throws SessionNotFoundError. */
export class EndSessionCommand extends TenantCommand<SessionResponse> {
  static readonly operation = 'sessions.end';

  constructor(
    actor: Actor,
    readonly sessionId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { session_id: this.sessionId };
  }
}
