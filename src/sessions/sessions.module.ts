import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SessionAuthenticator } from '../shared/access/session-authenticator.js';
import { AuthController } from './auth.controller.js';
import { EndSessionHandler } from './commands/end-session.handler.js';
import { CookieSessionAuthenticator } from './cookie-session.authenticator.js';
import { InvalidateSessions } from './invalidate-sessions.handler.js';
import { OidcSignIn } from './oidc/oidc-sign-in.js';
import { ListSessionsHandler } from './queries/list-sessions.handler.js';
import { SessionChore } from './session-chore.js';
import { Session } from './session.entity.js';
import { SessionRepository } from './session.repository.js';
import { SessionStore } from './session-store.js';
import { SessionsController } from './sessions.controller.js';
import { SignIn } from './sign-in.js';
import { SignInLinks } from './sign-in-links.js';

/** Global, because the access guard in front of every module authenticates with it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Session])],
  controllers: [AuthController, SessionsController],
  providers: [
    SessionRepository,
    SessionStore,
    SessionChore,
    SignIn,
    SignInLinks,
    OidcSignIn,
    CookieSessionAuthenticator,
    { provide: SessionAuthenticator, useExisting: CookieSessionAuthenticator },
    InvalidateSessions,
    EndSessionHandler,
    ListSessionsHandler,
  ],
  exports: [SessionAuthenticator],
})
export class SessionsModule {}
