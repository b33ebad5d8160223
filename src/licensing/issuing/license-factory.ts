import { HttpException, Injectable } from '@nestjs/common';
import { CustomerInactiveError, CustomerNotFoundError } from '../../customers/index.js';
import { Idempotency } from '../../shared/persistence/idempotency.js';
import { operationOf } from '../../shared/messaging/tenant-command.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { assertIssuable } from '../assert-issuable.js';
import { LicenseCreatedEvent } from '../events/license-created.event.js';
import { lastFour, LicenseKeySource, ownKeyDigest } from '../keys/license-key.js';
import { License } from '../license.entity.js';
import { assertIssueAllowed } from '../partner-allowance.js';
import { type IssuedLicense, toIssuedLicense } from '../license.response.js';
import { MISSING_CUSTOMER, type IssuanceTerms } from './issuance-terms-cache.js';
import type { NewLicense } from './new-license.js';
import type { ClaimedIssue } from './issue-replay.js';

/** License that is not stored yet, with what its caller gets. The result is the only place that has the license key in the clear. */
export interface PreparedIssue {
  readonly row: NewLicense;
  readonly result: IssuedLicense;
  /** Equal for issues of the same trial; undefined for a full license. */
  readonly trialKey: string | undefined;
  /** Each is equal for issues of which only one can be stored: those with the same idempotency key or trial. */
  readonly uniqueKeys: readonly string[];
}

/** Creates licenses with their license keys and events. */
@Injectable()
export class LicenseFactory {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly secrets: Secrets,
    private readonly licenseKeys: LicenseKeySource,
  ) {}

  /**
   * Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError, CustomerInactiveError, CustomerNotFoundError,
   * TrialNotAllowedError, NotAllowedByPoolError, InvalidFieldError, ExpiryTooFarError, and the reason why the pool allows no license.
   */
  create({ command, claim, pool }: ClaimedIssue, { templates, customers, now }: IssuanceTerms): PreparedIssue {
    const { actor, request, options } = command;
    if (pool instanceof HttpException) throw pool;
    const template = assertIssuable(request.license_template_id, templates.get(request.license_template_id));
    const found = customers.get(request.customer_id);
    // The license of a partner itself has the partner in place of a customer, as the statement that issues knows.
    const isOfPartner = options.origin?.partnerId === request.customer_id;
    const customer = found === MISSING_CUSTOMER && isOfPartner ? undefined : found;
    if (customer === MISSING_CUSTOMER) throw new CustomerNotFoundError(request.customer_id);
    if (customer?.active === false) throw new CustomerInactiveError(request.customer_id);
    // Whether others have this customer must not show, so a partner issues to its own customers alone.
    if (actor.partnerId !== undefined && !customer?.version) throw new CustomerNotFoundError(request.customer_id);
    if (actor.partnerId !== undefined) assertIssueAllowed(request, pool);
    const named = request.issued_to === undefined ? customer : undefined;
    const license = License.issue(template, request, named?.name, now, { ...options.origin, ...pool });
    if (options.identity) license.licenseId = options.identity.licenseId;
    const key = options.identity?.licenseKey ?? this.licenseKeys.next();
    license.licenseKeySealed = this.secrets.seal(key, license.sealContext);
    license.licenseKeyLastFour = lastFour(key);
    const event = new LicenseCreatedEvent(actor, license, request.reason);
    event.metadata.operation = operationOf(command);
    const result = toIssuedLicense(license, key);
    const { tenantId, trialCustomerId, trialProductId } = license;
    const claimKey = claim && `${tenantId} ${claim.keyDigest}`;
    const trialKey = trialCustomerId === null ? undefined : JSON.stringify([tenantId, trialCustomerId, trialProductId]);
    return {
      row: {
        license,
        event,
        keyDigest: ownKeyDigest(this.secrets, key),
        customerVersion: named?.version ?? null,
        // The claim stores the result without the license key; IssueReplay restores it.
        claim: claim && this.idempotency.toClaimRow(claim, { ...result, license_key: undefined }),
      },
      result,
      trialKey,
      uniqueKeys: [claimKey, trialKey].filter((uniqueKey) => uniqueKey !== undefined),
    };
  }
}
