import { Injectable, type HttpException } from '@nestjs/common';
import type { Outcome } from '../../shared/async/coalescer.js';
import { groupBy } from '../../shared/group-by.js';
import { Idempotency, type ReadResult } from '../../shared/persistence/idempotency.js';
import type { IdempotencyClaim } from '../../shared/persistence/idempotency-claim.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { LicenseRepository } from '../license.repository.js';
import type { IssuedLicense } from '../license.response.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import type { PoolGrant } from './pool-allowance.js';

/** Issue request with the claim of its idempotency key. */
export interface ClaimedIssue {
  readonly command: IssueLicenseCommand;
  readonly claim: IdempotencyClaim | undefined;
  /** Pool that the license is issued from, or the reason why it cannot be. Undefined: none. */
  pool?: PoolGrant | HttpException | undefined;
  /** True once the result of an earlier issue was returned. */
  isReplayed: boolean;
}

/** Stored result of an issue. The license key is omitted, unless an earlier release sealed the result as a whole. */
type StoredIssueResult = IssuedLicense | Omit<IssuedLicense, 'license_key'>;

/** Replays the results of earlier issues with the same idempotency keys. */
@Injectable()
export class IssueReplay {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly licenses: LicenseRepository,
    private readonly secrets: Secrets,
  ) {}

  /** Returns the outcomes of the requests whose key was used. A failed read is the outcome of all requests of the tenant with a key. */
  async outcomesOf<Issue extends ClaimedIssue>(
    issues: readonly Issue[],
  ): Promise<ReadonlyMap<Issue, Outcome<IssuedLicense>>> {
    const outcomes = new Map<Issue, Outcome<IssuedLicense>>();
    const replayOfTenant = async ([tenantId, ofTenant]: [string, readonly Issue[]]) => {
      const claims = ofTenant.flatMap(({ claim }) => claim ?? []);
      const stored = await this.unitOfWork
        .read(tenantId, (transaction) => this.idempotency.readStored(transaction, claims))
        .catch((error: unknown) => ({ error }));
      for (const issue of ofTenant) {
        const earlier = 'error' in stored ? stored : issue.claim && stored.get(issue.claim);
        if (earlier) outcomes.set(issue, 'error' in earlier ? earlier : await this.replay(issue, earlier));
      }
    };
    const claimed = issues.filter(({ claim }) => claim);
    await Promise.all([...groupBy(claimed, ({ command }) => command.actor.tenantId)].map(replayOfTenant));
    return outcomes;
  }

  private async replay(issue: ClaimedIssue, readEarlier: ReadResult): Promise<Outcome<IssuedLicense>> {
    const { command } = issue;
    try {
      const result = await this.restore(command.actor.tenantId, readEarlier() as StoredIssueResult);
      command.options.onReplay?.();
      issue.isReplayed = true;
      return { result };
    } catch (error) {
      return { error };
    }
  }

  /** Adds the license key, which is sealed with the license. */
  private async restore(tenantId: string, stored: StoredIssueResult): Promise<IssuedLicense> {
    if ('license_key' in stored) return stored;
    const license = await this.licenses.find(tenantId, stored.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return { license_key: this.secrets.unseal(license.licenseKeySealed, license.sealContext), ...stored };
  }
}
