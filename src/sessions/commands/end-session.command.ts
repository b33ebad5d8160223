import type { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { SessionResponse } from '../session.response.js';

/** Ends a session of the tenant. Throws ValidationError, SessionNotFoundError. */
export class EndSessionCommand extends TenantCommand<SessionResponse> {
  static readonly operation = 'sessions.end';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly sessionId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { session_id: this.sessionId, ...this.request };
  }
}
