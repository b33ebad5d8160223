import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { ActivationResponse } from '../activations/index.js';
import { keyWarnings, ValidateLicenseQuery, type LicenseKeyCaller, type Origin } from '../validation/index.js';
import type { ClientActivateRequest } from './client.requests.js';
import type { ClientActivation } from './client.response.js';

/** Adds the warnings to an activation, and the proof that its request may ask for: a signed validation of the license key after it. */
@Injectable()
export class ActivationProofs {
  constructor(private readonly queries: QueryBus) {}

  /** The proof is new for each request and never a part of a stored result, because it contains the nonce and the state of now. */
  async complete(
    activation: ActivationResponse,
    { apiKeyTenantId, evidence }: LicenseKeyCaller,
    request: ClientActivateRequest,
    origin: Origin,
  ): Promise<ClientActivation> {
    const { nonce, signed = false } = request;
    const echoed = { ...activation, ...(nonce !== undefined && { nonce }) };
    if (!signed) return { ...echoed, warnings: keyWarnings(evidence) };
    const validation = await this.queries.execute(new ValidateLicenseQuery(apiKeyTenantId, request, origin));
    return { ...echoed, warnings: validation.warnings, proof: validation.proof ?? null };
  }
}
