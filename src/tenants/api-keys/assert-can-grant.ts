import type { Actor } from '../../shared/access/actor.js';
import type { ApiKey } from './api-key.entity.js';
import { GrantExceededError } from './api-key.errors.js';
import { areWithin } from '../networks.js';

/**
 * Asserts that the actor, who creates an API key or sees its new secret, has all of its permissions, within bounds that include those of
 * the key. Throws GrantExceededError.
 */
export function assertCanGrant({ permissions, bounds }: Actor, key: ApiKey): void {
  const missing = [...key.grants].filter((permission) => !permissions.has(permission));
  if (missing.length > 0)
    throw new GrantExceededError(`You cannot grant permissions that you do not have: ${missing.join(', ')}.`);
  if (!areWithin(key.networks, bounds.networks))
    throw new GrantExceededError(`The networks of the key must be within yours: ${bounds.networks.join(', ')}.`);
  const { expiresAt } = bounds;
  if (expiresAt && (key.expiresAt === null || key.expiresAt > expiresAt))
    throw new GrantExceededError(`The key must expire no later than yours, ${expiresAt.toISOString()}.`);
}
