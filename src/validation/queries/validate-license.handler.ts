import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { DeviceLastSeen } from '../../activations/index.js';
import { KnownTenants } from '../../shared/access/authenticator.js';
import { UnknownKeyLimit } from '../../shared/limits/unknown-key-limit.js';
import { Clock } from '../../shared/time/clock.js';
import { ValidationSigner } from '../../signing/index.js';
import { evaluate, toEvaluationContext } from '../evaluation.js';
import { EvidenceCollector, isKeyReplaced } from '../evidence-collector.js';
import { toProofDocument } from '../proof.js';
import { ValidateLicenseQuery } from './validate-license.query.js';
import { ValidationCounts } from '../validation-counts.js';
import { toKeyReplacedResponse, toNotFoundResponse, toValidateResponse } from '../validation.response.js';

@QueryHandler(ValidateLicenseQuery)
export class ValidateLicenseHandler implements IQueryHandler<ValidateLicenseQuery> {
  constructor(
    private readonly evidence: EvidenceCollector,
    private readonly tenants: KnownTenants,
    private readonly signer: ValidationSigner,
    private readonly lastSeen: DeviceLastSeen,
    private readonly unknownKeys: UnknownKeyLimit,
    private readonly counts: ValidationCounts,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId, request, origin, attempt }: ValidateLicenseQuery) {
    const { license_key, tenant_id: namedTenantId, fingerprint, nonce, signed = false } = request;
    const options = { tenantId, namedTenantId, fingerprint, signed };
    const find = () => this.evidence.findByLicenseKey(license_key, options);
    const stored = await (attempt ? this.unknownKeys.lookUp(attempt, find) : find());
    if (!stored) {
      const at = this.clock.now();
      if (tenantId !== undefined) this.counts.add({ tenantId, license: undefined, code: 'NOT_FOUND', at });
      return toNotFoundResponse(at, request);
    }
    const { license, now } = stored;
    if (isKeyReplaced(stored)) {
      this.counts.add({ tenantId: license.tenantId, license, code: 'KEY_REPLACED', at: now });
      return toKeyReplacedResponse(now, request);
    }
    const tenant = await this.tenants.findTenant(license.tenantId);
    const found = await this.evidence.complete(stored, request, {
      tenantSuspended: tenant?.suspended !== false,
      context: toEvaluationContext(request, origin, now),
    });
    if (found.activation?.statusAt(now) === 'ACTIVE') this.lastSeen.record(found.activation, now);
    const reasons = evaluate(request, found);
    const [first] = reasons;
    if (first) this.counts.add({ tenantId: license.tenantId, license, code: first.code, at: now });
    const response = toValidateResponse(found, reasons, nonce);
    if (!signed) return response;
    const { signingKey } = stored;
    const proof = signingKey && this.signer.sign(signingKey, toProofDocument(request, response, found));
    return { ...response, proof: proof?.text ?? null };
  }
}
