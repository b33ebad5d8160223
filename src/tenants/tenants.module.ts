import { Global, Module } from '@nestjs/common';
import { Authenticator } from '../shared/tenancy/authenticator.js';
import { ApiKeyAuthenticator } from './api-key.authenticator.js';
import { KeyUse } from './key-use.js';

/** Global because the guard, which stands before every module, asks it who calls. */
@Global()
@Module({
  providers: [KeyUse, { provide: Authenticator, useClass: ApiKeyAuthenticator }],
  exports: [Authenticator],
})
export class TenantsModule {}
