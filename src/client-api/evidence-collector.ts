import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindActivationQuery } from '../activations/index.js';
import { FindLicenseQuery } from '../licensing/index.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { Actor } from '../shared/tenancy/actor.js';
import type { Evidence } from './evaluation.js';
import { UsageRepository } from './usage.repository.js';

/** Reads, in one transaction and as of one moment, what a license is judged by. It writes nothing. */
@Injectable()
export class EvidenceCollector {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly usages: UsageRepository,
  ) {}

  /** Undefined where there is no such license. */
  collect(
    actor: Actor,
    licenseId: string,
    fingerprint: string | undefined,
    rest: Pick<Evidence, 'tenantSuspended' | 'surroundings'>,
  ): Promise<Evidence | undefined> {
    return this.unitOfWork.snapshot(actor.tenantId, async () => {
      const [license, activation] = await Promise.all([
        this.queries.execute(new FindLicenseQuery(actor, licenseId)),
        fingerprint === undefined
          ? undefined
          : this.queries.execute(new FindActivationQuery(actor, licenseId, fingerprint)),
      ]);
      if (!license) return undefined;
      const usage = license.features.length === 0 ? new Map() : await this.usages.read(license, rest.surroundings.now);
      return { license, activation, usage, ...rest };
    });
  }
}
