import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindActivationQuery, FindSeatReleaseQuery } from '../activations/index.js';
import { FindLicenseQuery } from '../licensing/index.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { Actor } from '../shared/access/actor.js';
import { FindUsageQuery } from '../usage/index.js';
import { missingSeats, type Evidence, type EvaluationRequest } from './evaluation.js';

/** Reads the evidence of a validation from one snapshot, in one transaction that writes nothing. */
@Injectable()
export class EvidenceCollector {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
  ) {}

  /** Returns undefined if the license does not exist. */
  collect(
    actor: Actor,
    licenseId: string,
    request: EvaluationRequest,
    rest: Pick<Evidence, 'tenantSuspended' | 'context'>,
  ): Promise<Evidence | undefined> {
    const { fingerprint } = request;
    return this.unitOfWork.readRepeatable(actor.tenantId, async () => {
      const [license, activation] = await Promise.all([
        this.queries.execute(new FindLicenseQuery(actor, licenseId)),
        fingerprint === undefined
          ? undefined
          : this.queries.execute(new FindActivationQuery(actor, licenseId, fingerprint)),
      ]);
      if (!license) return undefined;
      const { now } = rest.context;
      const usage =
        license.features.length === 0
          ? new Map<string, number>()
          : await this.queries.execute(new FindUsageQuery(actor, license, now));
      const evidence = { license, activation, usage, ...rest };
      return { ...evidence, release: await this.releaseOf(actor, request, evidence) };
    });
  }

  /** Reads the seat release only if the device has no seat and all are taken, so that other validations cost no further statement. */
  private async releaseOf(actor: Actor, request: EvaluationRequest, evidence: Evidence) {
    const missing = missingSeats(request, evidence);
    const { fingerprint } = request;
    if (missing === 0 || fingerprint === undefined) return undefined;
    const { now } = evidence.context;
    return this.queries.execute(new FindSeatReleaseQuery(actor, evidence.license, fingerprint, missing, now));
  }
}
