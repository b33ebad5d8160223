import type { FastifyRequest } from 'fastify';
import type { AuthenticationOptions, Principal } from './authenticator.js';

export const SIGN_IN_METHODS = ['api_key', 'link', 'oidc'] as const;
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

/** Session of a browser. Its principal is the API key or person that signed in, never the session. */
export interface KnownSession {
  readonly id: string;
  readonly method: SignInMethod;
  readonly principal: Principal;
  /** Last time at which the person showed a credential. */
  readonly authenticatedAt: Date;
  /** False once that was too long ago to reach secrets. */
  readonly isRecent: boolean;
}

/** Finds the session of a request by its cookie. Shared code declares this for its guard; the module that stores sessions implements it. */
export abstract class SessionAuthenticator {
  /** Returns undefined unless the session is open and a page of this server sent the request. */
  abstract authenticate(request: FastifyRequest, options: AuthenticationOptions): Promise<KnownSession | undefined>;

  /** Returns the cached session of a request, without I/O. */
  abstract getCached(request: FastifyRequest): KnownSession | undefined;
}
