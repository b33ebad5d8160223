import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { IssuedLicense } from '../../licensing/index.js';
import { IssuePartnerLicenseRequest } from '../partner.requests.js';

/**
 * Issues a license to the partner itself, from no pool; its customer id is the id of the partner. Throws PartnerNotFoundError,
 * PartnerStateError and the errors of IssueLicenseCommand.
 */
export class IssuePartnerLicenseCommand extends TenantCommand<IssuedLicense> {
  static readonly operation = 'partners.issue-license';

  readonly request: IssuePartnerLicenseRequest;

  constructor(
    actor: Actor,
    readonly partnerId: string,
    request: z.input<typeof IssuePartnerLicenseRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(IssuePartnerLicenseRequest, request);
  }

  get payload() {
    return { partner_id: this.partnerId, request: this.request };
  }
}
