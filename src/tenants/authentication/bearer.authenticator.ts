import { Injectable } from '@nestjs/common';
import { Authenticator, type AuthenticationOptions, type Principal } from '../../shared/access/authenticator.js';
import { ApiKeyAuthenticator } from './api-key.authenticator.js';
import { OidcAuthenticator } from './oidc.authenticator.js';

/** Three base64url parts with dots between them, as in a JWT. No API key has this form. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Authenticates API keys and the access tokens of the identity provider. */
@Injectable()
export class BearerAuthenticator extends Authenticator {
  constructor(
    private readonly apiKeys: ApiKeyAuthenticator,
    private readonly oidc: OidcAuthenticator,
  ) {
    super();
  }

  authenticate(token: string, options: AuthenticationOptions): Promise<Principal | undefined> {
    return JWT.test(token) ? this.oidc.authenticate(token) : this.apiKeys.authenticate(token, options);
  }

  getCached(token: string): Principal | undefined {
    return JWT.test(token) ? undefined : this.apiKeys.getCached(token);
  }
}
