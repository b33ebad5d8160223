import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindActivationQuery, FindSeatReleaseQuery } from '../activations/index.js';
import { FindLicenseQuery } from '../licensing/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Actor } from '../shared/access/actor.js';
import { missingSeats, type Evidence, type EvaluationRequest } from './evaluation.js';
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
    question: EvaluationRequest,
    rest: Pick<Evidence, 'tenantSuspended' | 'surroundings'>,
  ): Promise<Evidence | undefined> {
    const { fingerprint } = question;
    return this.unitOfWork.readRepeatable(actor.tenantId, async () => {
      const [license, activation] = await Promise.all([
        this.queries.execute(new FindLicenseQuery(actor, licenseId)),
        fingerprint === undefined
          ? undefined
          : this.queries.execute(new FindActivationQuery(actor, licenseId, fingerprint)),
      ]);
      if (!license) return undefined;
      const usage = license.features.length === 0 ? new Map() : await this.usages.read(license, rest.surroundings.now);
      const evidence = { license, activation, usage, ...rest };
      return { ...evidence, release: await this.releaseOf(actor, question, evidence) };
    });
  }

  /** Asked only where a device has no seat and all are taken, so that a device with a seat costs no statement more. */
  private async releaseOf(actor: Actor, question: EvaluationRequest, evidence: Evidence) {
    const missing = missingSeats(question, evidence);
    const { fingerprint } = question;
    if (missing === 0 || fingerprint === undefined) return undefined;
    const { now } = evidence.surroundings;
    return this.queries.execute(new FindSeatReleaseQuery(actor, evidence.license, fingerprint, missing, now));
  }
}
