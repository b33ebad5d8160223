import type { Actor } from '../shared/tenancy/actor.js';
import type { Permission } from '../shared/tenancy/permissions.js';
import { GrantExceededError } from './api-key.errors.js';

/** Whoever makes a key, or gets to see its new secret, must hold everything that it grants. Throws GrantExceededError. */
export function assertMayGrant(actor: Actor, grants: ReadonlySet<Permission>): void {
  const missing = [...grants].filter((permission) => !actor.may(permission));
  if (missing.length > 0) throw new GrantExceededError(missing);
}
