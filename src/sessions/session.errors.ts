import { BadRequestException, ForbiddenException, NotFoundException } from '@nestjs/common';

export class SessionNotFoundError extends NotFoundException {
  constructor(sessionId: string) {
    super(`There is no session ${sessionId}.`, { errorCode: 'SESSION_NOT_FOUND' });
  }
}

/** A page of another origin may neither sign in nor sign out. */
export class ForeignOriginError extends ForbiddenException {
  constructor() {
    super('A page of another origin may not do this.', { errorCode: 'FOREIGN_ORIGIN' });
  }
}

/** A session over plain HTTP could be read on the way. */
export class InsecureConnectionError extends BadRequestException {
  constructor() {
    super('Sign in over HTTPS. Behind a proxy that ends TLS, TRUST_PROXY must be set.', {
      errorCode: 'INSECURE_CONNECTION',
    });
  }
}

export class OidcNotConfiguredError extends NotFoundException {
  constructor() {
    super('Sign-in by an identity provider is not set up: OIDC_ISSUER and OIDC_CLIENT_ID are not set.', {
      errorCode: 'OIDC_NOT_CONFIGURED',
    });
  }
}

/** The API key of a program is public, and that of a partner may nothing that the admin UI is for. Both call the API without a session. */
export class NoSessionForKeyError extends ForbiddenException {
  constructor() {
    super('The API key of a program or of a partner starts no session. Sign in with an API key of your staff.', {
      errorCode: 'PERMISSION_DENIED',
    });
  }
}

/** The credential is valid, but of somebody else than the session. */
export class WrongSubjectError extends ForbiddenException {
  constructor() {
    super('This credential belongs to somebody else than the session.', { errorCode: 'PERMISSION_DENIED' });
  }
}
