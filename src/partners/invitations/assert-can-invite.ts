import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { TENANT_ROLES } from '../../shared/access/permissions.js';
import { GrantExceededError } from '../../tenants/index.js';

/** Asserts that the actor, who may see the code, has all permissions of the API key that it makes. Throws GrantExceededError, PermissionDeniedError. */
export function assertCanInvite(actor: Actor, sendsEmail: boolean): void {
  if (sendsEmail && !actor.may('emails:send')) throw new PermissionDeniedError('emails:send');
  const missing = TENANT_ROLES.partner.filter((permission) => !actor.may(permission));
  if (missing.length > 0)
    throw new GrantExceededError(`You cannot grant permissions that you do not have: ${missing.join(', ')}.`);
}
