import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PoolAllowance } from '../licensing/index.js';
import { AllotLicensesHandler } from './pools/allot-licenses.handler.js';
import { ApprovePartnerHandler } from './commands/approve-partner.handler.js';
import { CreateInvitationHandler } from './invitations/create-invitation.handler.js';
import { CreateLicensePoolHandler } from './pools/create-license-pool.handler.js';
import { CreatePartnerHandler } from './commands/create-partner.handler.js';
import { GetLicensePoolHandler } from './pools/get-license-pool.handler.js';
import { GetPartnerHandler } from './queries/get-partner.handler.js';
import { IssuePartnerLicenseHandler } from './commands/issue-partner-license.handler.js';
import { ListInvitationsHandler } from './invitations/list-invitations.handler.js';
import { ListLicensePoolsHandler } from './pools/list-license-pools.handler.js';
import { ListPartnersHandler } from './queries/list-partners.handler.js';
import { ListPoolEntriesHandler } from './pools/list-pool-entries.handler.js';
import { RedeemInvitationHandler } from './invitations/redeem-invitation.handler.js';
import { ReinstatePartnerHandler } from './commands/reinstate-partner.handler.js';
import { ResendInvitationHandler } from './invitations/resend-invitation.handler.js';
import { SuspendPartnerHandler } from './commands/suspend-partner.handler.js';
import { UpdateLicensePoolHandler } from './pools/update-license-pool.handler.js';
import { UpdatePartnerHandler } from './commands/update-partner.handler.js';
import { WithdrawInvitationHandler } from './invitations/withdraw-invitation.handler.js';
import { PartnerInvitation } from './invitations/invitation.entity.js';
import { InvitationRepository } from './invitations/invitation.repository.js';
import { PartnerInvitationsController } from './invitations/partner-invitations.controller.js';
import { PartnerContacts } from '../notifications/index.js';
import { StoredPartnerContacts } from './partner-contacts.js';
import { PartnerActions } from './partner-actions.js';
import { Partner } from './partner.entity.js';
import { PartnerRepository } from './partner.repository.js';
import { PartnerUpkeep } from './partner-upkeep.js';
import { PartnersController } from './partners.controller.js';
import { LedgerPoolAllowance } from './pools/ledger-pool-allowance.js';
import { LicensePoolActions } from './pools/license-pool-actions.js';
import { LicensePool } from './pools/license-pool.entity.js';
import { LicensePoolRepository } from './pools/license-pool.repository.js';
import { LicensePoolsController } from './pools/license-pools.controller.js';
import { PoolEntry } from './pools/pool-entry.entity.js';
import { PoolEntryRepository } from './pools/pool-entry.repository.js';
import { PoolLedger } from './pools/pool-ledger.js';

/** Global, because licensing issues from pools, and notifications writes to partners, by what this module implements. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Partner, PartnerInvitation, LicensePool, PoolEntry])],
  controllers: [PartnersController, LicensePoolsController, PartnerInvitationsController],
  providers: [
    PartnerRepository,
    InvitationRepository,
    LicensePoolRepository,
    PoolEntryRepository,
    PoolLedger,
    PartnerActions,
    LicensePoolActions,
    PartnerUpkeep,
    { provide: PoolAllowance, useClass: LedgerPoolAllowance },
    { provide: PartnerContacts, useClass: StoredPartnerContacts },
    AllotLicensesHandler,
    ApprovePartnerHandler,
    CreateInvitationHandler,
    CreateLicensePoolHandler,
    CreatePartnerHandler,
    GetLicensePoolHandler,
    GetPartnerHandler,
    IssuePartnerLicenseHandler,
    ListInvitationsHandler,
    ListLicensePoolsHandler,
    ListPartnersHandler,
    ListPoolEntriesHandler,
    RedeemInvitationHandler,
    ReinstatePartnerHandler,
    ResendInvitationHandler,
    SuspendPartnerHandler,
    UpdateLicensePoolHandler,
    UpdatePartnerHandler,
    WithdrawInvitationHandler,
  ],
  exports: [PoolAllowance, PartnerContacts],
})
export class PartnersModule {}
