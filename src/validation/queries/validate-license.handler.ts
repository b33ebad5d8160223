import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { DeviceLastSeen } from '../../activations/index.js';
import { Actor } from '../../shared/access/actor.js';
import { Authenticator } from '../../shared/access/authenticator.js';
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
    private readonly authenticator: Authenticator,
    private readonly queries: QueryBus,
    private readonly lastSeen: DeviceLastSeen,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId, request, origin }: ValidateLicenseQuery) {
    const { license_key, fingerprint, nonce } = request;
    const stored = await this.evidence.findByLicenseKey(license_key, tenantId, fingerprint);
    if (!stored) return toNotFoundResponse(this.clock.now(), request);
    const { license, now } = stored;
    const tenant = await this.authenticator.findTenant(license.tenantId);
    const found = await this.evidence.complete(stored, request, {
      tenantSuspended: tenant?.suspended !== false,
      context: toEvaluationContext(request, origin, now),
    });
    if (found.activation?.statusAt(now) === 'ACTIVE') this.lastSeen.record(found.activation, now);
    const response = toValidateResponse(found, evaluate(request, found), nonce);
    if (!request.signed) return response;
    const actor = Actor.forLicenseKey(license.tenantId, license.licenseId);
    const proof = await this.queries.execute(new SignValidationQuery(actor, toProofDocument(request, response, found)));
    return { ...response, proof: proof?.text ?? null };
  }
}
