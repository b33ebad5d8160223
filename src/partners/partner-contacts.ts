import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { validate as isUuid } from 'uuid';
import { FindLicenseQuery } from '../licensing/index.js';
import { mailer, PartnerContacts, type InvitationCode, type PartnerContact } from '../notifications/index.js';
import { Actor } from '../shared/access/actor.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { PartnerInvitationSentEvent } from './events/invitation.events.js';
import { generateInvitationCode } from './invitations/invitation-code.js';
import { InvitationRepository } from './invitations/invitation.repository.js';
import { PartnerRepository } from './partner.repository.js';

const SERVICE = 'partner-contacts';

/** Tells notifications where to write to partners. */
@Injectable()
export class StoredPartnerContacts extends PartnerContacts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly invitations: InvitationRepository,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
  ) {
    super();
  }

  async findContact(tenantId: string, partnerId: string): Promise<PartnerContact | undefined> {
    if (!isUuid(partnerId)) return undefined;
    const partner = await this.partners.find(tenantId, partnerId);
    return partner ? { name: partner.name, email: partner.email, language: null } : undefined;
  }

  async findPartnerOfLicense(tenantId: string, licenseId: string): Promise<string | undefined> {
    const license = await this.queries.execute(new FindLicenseQuery(Actor.service(SERVICE, tenantId), licenseId));
    return license?.partnerId ?? undefined;
  }

  async isInvitationOpen(tenantId: string, invitationId: string): Promise<boolean> {
    const invitation = await this.invitations.find(tenantId, invitationId);
    return invitation?.statusAt(this.clock.now()) === 'OPEN';
  }

  makeInvitationCode(tenantId: string, invitationId: string): Promise<InvitationCode | undefined> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const invitation = await this.invitations.findForUpdate(tenantId, invitationId);
      const now = this.clock.now();
      if (invitation?.statusAt(now) !== 'OPEN') return undefined;
      const code = generateInvitationCode(tenantId);
      invitation.renew(code, now);
      await this.invitations.update(invitation);
      transaction.record(new PartnerInvitationSentEvent(mailer(tenantId), now, invitation));
      return { code, expiresAt: invitation.expiresAt };
    });
  }
}
