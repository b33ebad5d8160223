import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { DeviceBlockedError, Fingerprint } from '../activations/index.js';
import { InvalidFieldError } from '../shared/errors.js';
import { UnknownKeyLimit } from '../shared/limits/unknown-key-limit.js';
import { TenantSuspendedError } from '../shared/access/access.errors.js';
import { Actor } from '../shared/access/actor.js';
import { KnownTenants } from '../shared/access/authenticator.js';
import { EvidenceCollector, isKeyReplaced, type LicenseKeyCaller } from '../validation/index.js';
import type { KeyAttemptRequest } from './client-rate-limit.guard.js';
import { LicenseKeyReplacedError, UnknownLicenseKeyError } from './client.errors.js';

interface LicenseKeyRequest extends KeyAttemptRequest {
  caller?: LicenseKeyCaller;
}

/**
 * Finds the license of the key in the body with its evidence, the device included if the body names one. A malformed key, an unknown key
 * and a key of another tenant cost the same work, one digest and one statement, so that nothing distinguishes them.
 */
@Injectable()
export class LicenseKeyGuard implements CanActivate {
  constructor(
    private readonly evidence: EvidenceCollector,
    private readonly tenants: KnownTenants,
    private readonly unknownKeys: UnknownKeyLimit,
  ) {}

  /** Throws RateLimitedError. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<LicenseKeyRequest>();
    const { license_key, fingerprint: device, tenant_id } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof license_key !== 'string') return true;
    // The body is not validated yet, and PostgreSQL does not take every text.
    const fingerprint = Fingerprint.safeParse(device).data;
    const apiKeyTenantId = request.actor?.tenantId;
    const options = { tenantId: apiKeyTenantId, namedTenantId: tenant_id, fingerprint };
    const find = () => this.evidence.findByLicenseKey(license_key, options);
    const { keyAttempt } = request;
    const evidence = await (keyAttempt ? this.unknownKeys.lookUp(keyAttempt, find) : find());
    if (!evidence) return true;
    const { tenantId, licenseId } = evidence.license;
    const tenant = await this.tenants.findTenant(tenantId);
    const actor = Actor.forLicenseKey(tenantId, licenseId);
    request.caller = { actor, licenseId, apiKeyTenantId, suspended: tenant?.suspended !== false, evidence };
    return true;
  }
}

/** Throws InvalidFieldError, UnknownLicenseKeyError, LicenseKeyReplacedError, TenantSuspendedError. */
export const CurrentLicenseKeyCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context),
);

/** Throws like `CurrentLicenseKeyCaller`, but leaves a replaced license key to the command for a seat, which records that; see `assertKeyCurrent`. */
export const SeatRequester = createParamDecorator((_: unknown, context: ExecutionContext) => presentedBy(context));

/** Throws LicenseKeyReplacedError. */
export function assertKeyCurrent({ evidence }: LicenseKeyCaller): void {
  if (isKeyReplaced(evidence)) throw new LicenseKeyReplacedError();
}

function callerOf(context: ExecutionContext): LicenseKeyCaller {
  const caller = presentedBy(context);
  assertKeyCurrent(caller);
  return caller;
}

function presentedBy(context: ExecutionContext): LicenseKeyCaller {
  const { caller, body } = context.switchToHttp().getRequest<LicenseKeyRequest>();
  if (!caller) {
    const { license_key } = (body ?? {}) as { license_key?: unknown };
    if (license_key === undefined) throw new InvalidFieldError('/license_key', 'is required');
    throw new UnknownLicenseKeyError();
  }
  if (caller.suspended && !isKeyReplaced(caller.evidence)) throw new TenantSuspendedError();
  return caller;
}

/** Throws like `CurrentLicenseKeyCaller`, and DeviceBlockedError, for a route that needs no seat. */
export const UnblockedLicenseKeyCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): LicenseKeyCaller => {
    const caller = callerOf(context);
    if (caller.evidence.isBlocked) throw new DeviceBlockedError();
    return caller;
  },
);

/** Tenant of an API key that was sent as well, for the route whose query finds the license itself; undefined without one. */
export const ApiKeyTenant = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<LicenseKeyRequest>().actor?.tenantId,
);

/** License key of the request; undefined if the body has none. */
export const PresentedKey = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<LicenseKeyRequest>().keyAttempt,
);
