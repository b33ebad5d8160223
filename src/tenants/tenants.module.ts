import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Authenticator, KnownTenants } from '../shared/access/authenticator.js';
import { ApiKeyAuthenticator } from './authentication/api-key.authenticator.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { ApiKeyRepository } from './api-keys/api-key.repository.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { BearerAuthenticator } from './authentication/bearer.authenticator.js';
import { CreateApiKeyHandler } from './api-keys/create-api-key.handler.js';
import { CreateTenantHandler } from './commands/create-tenant.handler.js';
import { RevokeApiKeyHandler } from './api-keys/revoke-api-key.handler.js';
import { RotateApiKeyHandler } from './api-keys/rotate-api-key.handler.js';
import { UpdateTenantHandler } from './commands/update-tenant.handler.js';
import { CredentialCache } from './authentication/credential-cache.js';
import { InvalidateCredentials } from './authentication/invalidate-credentials.handler.js';
import { ApiKeyLastUsed } from './authentication/api-key-last-used.js';
import { MeController } from './me.controller.js';
import { OidcAuthenticator } from './authentication/oidc.authenticator.js';
import { GetApiKeyHandler } from './api-keys/get-api-key.handler.js';
import { GetTenantHandler } from './queries/get-tenant.handler.js';
import { ListApiKeysHandler } from './api-keys/list-api-keys.handler.js';
import { ListTenantsHandler } from './queries/list-tenants.handler.js';
import { SettingsController } from './settings.controller.js';
import { Tenant } from './tenant.entity.js';
import { TenantRepository } from './tenant.repository.js';
import { TenantsController } from './tenants.controller.js';

/** Global, because the access guard in front of every module authenticates with it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ApiKey, Tenant])],
  controllers: [MeController, ApiKeysController, SettingsController, TenantsController],
  providers: [
    ApiKeyRepository,
    TenantRepository,
    CredentialCache,
    InvalidateCredentials,
    ApiKeyLastUsed,
    ApiKeyAuthenticator,
    OidcAuthenticator,
    { provide: Authenticator, useClass: BearerAuthenticator },
    { provide: KnownTenants, useExisting: CredentialCache },
    CreateApiKeyHandler,
    RotateApiKeyHandler,
    RevokeApiKeyHandler,
    GetApiKeyHandler,
    ListApiKeysHandler,
    CreateTenantHandler,
    UpdateTenantHandler,
    GetTenantHandler,
    ListTenantsHandler,
  ],
  exports: [Authenticator, KnownTenants, OidcAuthenticator],
})
export class TenantsModule {}
