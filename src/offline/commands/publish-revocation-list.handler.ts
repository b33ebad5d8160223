import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { ListBlockedFilesQuery } from '../../activations/index.js';
import { ListRevokedLicensesQuery } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { lockTenant } from '../../shared/persistence/tenant-lock.js';
import { SignDocumentCommand } from '../../signing/index.js';
import { toRevocationListResponse } from '../revocation-list.response.js';
import { draftRevocationList, isTooSoon, listedSince, type RevocationList } from '../revocation-list.js';
import { RevocationListRepository } from '../revocation-list.repository.js';
import { PublishRevocationListCommand } from './publish-revocation-list.command.js';

@CommandHandler(PublishRevocationListCommand)
export class PublishRevocationListHandler implements ICommandHandler<PublishRevocationListCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly lists: RevocationListRepository,
    private readonly clock: Clock,
  ) {}

  /** Signs nothing while nothing has changed. A change is checked again under the lock, so that concurrent calls sign it once. */
  execute(command: PublishRevocationListCommand) {
    const { actor } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const seen = await this.look(transaction, actor);
      if (seen.latest && !seen.draft) return this.confirm(transaction, seen.latest, seen.asOfSeq);
      if (!(await lockTenant(transaction))) throw new TenantNotFoundError();
      const { latest, draft, asOfSeq } = await this.look(transaction, actor);
      if (latest && !draft) return this.confirm(transaction, latest, asOfSeq);
      if (!draft) throw new Error('There is neither a list nor a draft of one.');
      const { number, licenses, devices, issuedAt, expiresAt } = draft;
      const document = { type: 'revocations' as const, issuedAt, expiresAt, content: { number, licenses, devices } };
      const { kid, text: signedText } = await this.commands.execute(new SignDocumentCommand(actor, document));
      const list = { ...draft, signedText, kid, asOfSeq };
      this.lists.put(transaction, list);
      return toRevocationListResponse(list);
    });
  }

  private confirm(transaction: Transaction, latest: RevocationList, asOfSeq: string | null) {
    if (latest.asOfSeq !== asOfSeq) this.lists.confirm(transaction, asOfSeq);
    return toRevocationListResponse(latest);
  }

  private async look(transaction: Transaction, actor: Actor) {
    const now = this.clock.now();
    const [{ latest, activeKid, lastSeq }, licenseIds, files] = await Promise.all([
      this.lists.readState(transaction),
      this.queries.execute(new ListRevokedLicensesQuery(actor, listedSince(now))),
      this.queries.execute(new ListBlockedFilesQuery(actor, now)),
    ]);
    // A list that is less than a second old has not been compared with the licenses, so it keeps its `asOfSeq`.
    const asOfSeq = latest && isTooSoon(latest, activeKid, now) ? latest.asOfSeq : lastSeq;
    return { latest, asOfSeq, draft: draftRevocationList(latest, { licenseIds, files }, activeKid, now) };
  }
}
