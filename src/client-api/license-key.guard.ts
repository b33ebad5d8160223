import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseByKeyQuery, type KeyOwner } from '../licensing/index.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { TenantSuspendedError } from '../shared/access/access.errors.js';
import { Actor } from '../shared/access/actor.js';
import { Authenticator } from '../shared/access/authenticator.js';
import { EvidenceCollector, type LicenseKeyCaller } from '../validation/index.js';
import { UnknownLicenseKeyError } from './client.errors.js';

interface LicenseKeyRequest extends AuthenticatedRequest {
  caller?: LicenseKeyCaller;
}

/**
 * Finds the license of the key in the body. A malformed key, an unknown key and a key of another tenant cost the same work, one digest and
 * one look-up, so that nothing distinguishes them.
 */
@Injectable()
export class LicenseKeyGuard implements CanActivate {
  constructor(
    private readonly queries: QueryBus,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<LicenseKeyRequest>();
    const { license_key } = (request.body ?? {}) as { license_key?: unknown };
    if (typeof license_key !== 'string') return true;
    const { owner, ...found } = await this.find(license_key, request.actor?.tenantId);
    if (!owner) return true;
    const { tenantId, licenseId } = owner;
    const tenant = await this.authenticator.findTenant(tenantId);
    const actor = Actor.forLicenseKey(tenantId, licenseId);
    request.caller = { actor, licenseId, suspended: tenant?.suspended !== false, ...found };
    return true;
  }

  /** Returns the owner of the key, if it is this tenant when an API key names one, and what the caller has besides. */
  protected async find(licenseKey: string, tenantId: string | undefined): Promise<{ owner: KeyOwner | undefined }> {
    const owner = await this.queries.execute(new FindLicenseByKeyQuery(licenseKey));
    return { owner: tenantId === undefined || owner?.tenantId === tenantId ? owner : undefined };
  }
}

/** Reads the evidence of the license in the statement that finds its key. */
@Injectable()
export class EvidenceGuard extends LicenseKeyGuard {
  constructor(
    queries: QueryBus,
    authenticator: Authenticator,
    private readonly evidence: EvidenceCollector,
  ) {
    super(queries, authenticator);
  }

  protected override async find(licenseKey: string, tenantId: string | undefined) {
    const evidence = await this.evidence.findByLicenseKey(licenseKey, { tenantId });
    return { owner: evidence?.license, evidence };
  }
}

/** Throws InvalidFieldError, UnknownLicenseKeyError, TenantSuspendedError. */
export const CurrentLicenseKeyCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): LicenseKeyCaller => {
    const { caller, body } = context.switchToHttp().getRequest<LicenseKeyRequest>();
    if (!caller) {
      const { license_key } = (body ?? {}) as { license_key?: unknown };
      if (license_key === undefined) throw new InvalidFieldError('/license_key', 'is required');
      throw new UnknownLicenseKeyError();
    }
    if (caller.suspended) throw new TenantSuspendedError();
    return caller;
  },
);

/** Tenant of an API key that was sent as well, for the route whose query finds the license itself; undefined without one. */
export const ApiKeyTenant = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<LicenseKeyRequest>().actor?.tenantId,
);
