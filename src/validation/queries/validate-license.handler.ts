import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { DeviceLastSeen } from '../../activations/index.js';
import { Clock } from '../../shared/time/clock.js';
import { SignValidationQuery } from '../../signing/index.js';
import { evaluate } from '../evaluation.js';
import { EvidenceCollector } from '../evidence-collector.js';
import { toProofDocument } from '../proof.js';
import { toEvaluationContext } from '../restrictions.js';
import { ValidateLicenseQuery } from './validate-license.query.js';
import { toNotFoundResponse, toValidateResponse } from '../validation.response.js';

@QueryHandler(ValidateLicenseQuery)
export class ValidateLicenseHandler implements IQueryHandler<ValidateLicenseQuery> {
  constructor(
    private readonly evidence: EvidenceCollector,
    private readonly queries: QueryBus,
    private readonly lastSeen: DeviceLastSeen,
    private readonly clock: Clock,
  ) {}

  async execute({ caller, request, origin }: ValidateLicenseQuery) {
    const now = this.clock.now();
    const { nonce } = request;
    if (!caller) return toNotFoundResponse(now, request);
    const found = await this.evidence.collect(caller.actor, caller.licenseId, request, {
      tenantSuspended: caller.suspended,
      context: toEvaluationContext(request, origin, now),
    });
    if (!found) return toNotFoundResponse(now, request);
    if (found.activation?.statusAt(now) === 'ACTIVE') this.lastSeen.record(found.activation, now);
    const response = toValidateResponse(found, evaluate(request, found), nonce);
    if (!request.signed) return response;
    const proof = await this.queries.execute(
      new SignValidationQuery(caller.actor, toProofDocument(request, response, found)),
    );
    return { ...response, proof: proof?.text ?? null };
  }
}
