import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { LastSeen } from '../../activations/index.js';
import { Clock } from '../../shared/clock.js';
import { SignAnswerQuery } from '../../signing/index.js';
import { toUnknownResponse, toValidateResponse } from '../client.dto.js';
import { evaluate } from '../evaluation.js';
import { EvidenceCollector } from '../evidence-collector.js';
import { proofOf } from '../proof.js';
import { surroundingsOf } from '../restrictions.js';
import { ValidateLicenseQuery } from './validate-license.query.js';

@QueryHandler(ValidateLicenseQuery)
export class ValidateLicenseHandler implements IQueryHandler<ValidateLicenseQuery> {
  constructor(
    private readonly evidence: EvidenceCollector,
    private readonly queries: QueryBus,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
  ) {}

  async execute({ licensee, question, origin }: ValidateLicenseQuery) {
    const now = this.clock.now();
    const { nonce } = question;
    if (!licensee) return toUnknownResponse(now, question);
    const found = await this.evidence.collect(licensee.actor, licensee.licenseId, question, {
      tenantSuspended: licensee.suspended,
      surroundings: surroundingsOf(question, origin, now),
    });
    if (!found) return toUnknownResponse(now, question);
    if (found.activation?.statusAt(now) === 'ACTIVE') this.lastSeen.note(found.activation, now);
    const answer = toValidateResponse(found, evaluate(question, found), nonce);
    if (!question.signed) return answer;
    const proof = await this.queries.execute(new SignAnswerQuery(licensee.actor, proofOf(question, answer, found)));
    return { ...answer, proof: proof?.text ?? null };
  }
}
