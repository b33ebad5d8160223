import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { SessionEndedEvent } from '../events/session.events.js';
import { SessionNotFoundError } from '../session.errors.js';
import { SessionRepository } from '../session.repository.js';
import { toSessionResponse } from '../session.response.js';
import { EndSessionCommand } from './end-session.command.js';

@CommandHandler(EndSessionCommand)
export class EndSessionHandler implements ICommandHandler<EndSessionCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: EndSessionCommand) {
    const { actor, sessionId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const session = await this.sessions.findForUpdate(actor.tenantId, sessionId);
      if (!session) throw new SessionNotFoundError(sessionId);
      session.assertVersion(command.options.ifMatch);
      const now = this.clock.now();
      if (session.end('ENDED', now)) {
        await this.sessions.update(session);
        transaction.record(new SessionEndedEvent(actor, now, sessionId, 'ENDED', request.reason));
      }
      return toSessionResponse(session);
    });
  }
}
