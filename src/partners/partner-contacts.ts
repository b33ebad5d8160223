import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { validate as isUuid } from 'uuid';
import { FindLicenseQuery } from '../licensing/index.js';
import { PartnerContacts, type PartnerContact } from '../notifications/index.js';
import { Actor } from '../shared/access/actor.js';
import { PartnerRepository } from './partner.repository.js';

const SERVICE = 'partner-contacts';

/** Tells notifications where to write to partners. */
@Injectable()
export class StoredPartnerContacts extends PartnerContacts {
  constructor(
    private readonly partners: PartnerRepository,
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
}
