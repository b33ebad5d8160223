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

  async execute({ licensee, question, origin }: ValidateLicenseQuery) {
    const now = this.clock.now();
    const { nonce } = question;
    if (!licensee) return toNotFoundResponse(now, question);
    const found = await this.evidence.collect(licensee.actor, licensee.licenseId, question, {
      tenantSuspended: licensee.suspended,
      surroundings: toEvaluationContext(question, origin, now),
    });
    if (!found) return toNotFoundResponse(now, question);
    if (found.activation?.statusAt(now) === 'ACTIVE') this.lastSeen.record(found.activation, now);
    const response = toValidateResponse(found, evaluate(question, found), nonce);
    if (!question.signed) return response;
    const proof = await this.queries.execute(
      new SignValidationQuery(licensee.actor, toProofDocument(question, response, found)),
    );
    return { ...response, proof: proof?.text ?? null };
  }
}
