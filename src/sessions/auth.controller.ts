import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiCreatedResponse, ApiFoundResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentSession, Public, SessionRoute } from '../shared/access/access.decorators.js';
import { UnauthenticatedError } from '../shared/access/access.errors.js';
import { AddressLimitGuard } from '../shared/access/address-limit.guard.js';
import type { KnownSession } from '../shared/access/session-authenticator.js';
import { DescribePublic, DescribeRead } from '../shared/http/api.decorators.js';
import { Clock } from '../shared/time/clock.js';
import { CookieSessionAuthenticator } from './cookie-session.authenticator.js';
import { OidcSignIn, SIGN_IN_SECONDS } from './oidc/oidc-sign-in.js';
import {
  assertSecureConnection,
  clearCookie,
  readCookie,
  SESSION_COOKIE,
  setCookie,
  SIGN_IN_COOKIE,
} from './session-cookie.js';
import { BackChannelLogoutRequest, OidcSignInRequest, SignInRequest } from './session.requests.js';
import { OwnSession, SignedOut, SignInOptions, toOwnSession } from './session.response.js';
import { SessionStore } from './session-store.js';
import { SignIn } from './sign-in.js';

const REFUSALS = {
  400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST', 'INSECURE_CONNECTION'],
  401: ['UNAUTHENTICATED'],
  403: ['FOREIGN_ORIGIN', 'NETWORK_NOT_ALLOWED', 'PERMISSION_DENIED'],
  413: ['BODY_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  429: ['RATE_LIMITED'],
} as const;

/** Sessions of browsers: a page has no token, only a cookie that its scripts cannot read. */
@ApiTags('Sign-in')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly sessions: SignIn,
    private readonly store: SessionStore,
    private readonly cached: CookieSessionAuthenticator,
    private readonly oidc: OidcSignIn,
    private readonly clock: Clock,
  ) {}

  @Get('options')
  @Public()
  @DescribePublic({
    operationId: 'getSignInOptions',
    summary: 'Get the ways to sign in',
    description: 'Open to everybody.',
  })
  @ApiOkResponse({ standardSchema: SignInOptions })
  options(@Req() request: FastifyRequest): SignInOptions {
    return { oidc: this.oidc.isConfigured, has_cookie: Boolean(readCookie(request, SESSION_COOKIE)) };
  }

  @Post('session')
  @Public()
  @UseGuards(AddressLimitGuard)
  @DescribePublic(
    {
      operationId: 'signIn',
      summary: 'Sign a browser in',
      description:
        'With an API key, or the code of a link. Sets the cookie of a session that may what the API key may, and ends with it.',
    },
    REFUSALS,
  )
  @ApiCreatedResponse({ standardSchema: OwnSession })
  async signIn(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body({ schema: SignInRequest }) body: SignInRequest,
  ): Promise<OwnSession> {
    return toOwnSession(await this.sessions.signIn(request, reply, body));
  }

  @Get('session')
  @SessionRoute()
  @DescribeRead({ operationId: 'getOwnSession', summary: 'Get the own session', description: 'Only with its cookie.' })
  @ApiOkResponse({ standardSchema: OwnSession })
  get(@CurrentSession() session: KnownSession): OwnSession {
    return toOwnSession(session);
  }

  @Post('session/confirm')
  @HttpCode(200)
  @SessionRoute()
  @DescribeRead(
    {
      operationId: 'confirmSession',
      summary: 'Show the credential again',
      description:
        'What needs a recent sign-in is then open for ten minutes. A person of an identity provider signs in again instead.',
    },
    REFUSALS,
  )
  @ApiOkResponse({ standardSchema: OwnSession })
  async confirm(
    @CurrentSession() session: KnownSession,
    @Req() request: FastifyRequest,
    @Body({ schema: SignInRequest }) body: SignInRequest,
  ): Promise<OwnSession> {
    return toOwnSession(await this.sessions.confirm(request, session, body));
  }

  @Delete('session')
  @HttpCode(200)
  @SessionRoute({ endsSession: true })
  @DescribeRead({ operationId: 'signOut', summary: 'Sign out', description: 'Ends the session of the cookie.' })
  @ApiOkResponse({ standardSchema: SignedOut })
  async signOut(
    @CurrentSession() session: KnownSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedOut> {
    await this.sessions.signOut(request, reply, session);
    const isPerson = session.principal.subject.type === 'user';
    return { sign_out_url: (isPerson ? await this.oidc.signOutUrl(request) : undefined) ?? null };
  }

  @Get('login')
  @Public()
  @UseGuards(AddressLimitGuard)
  @DescribePublic(
    {
      operationId: 'startOidcSignIn',
      summary: 'Go to the identity provider',
      description: 'It leads back to `/auth/callback`.',
    },
    {
      400: ['VALIDATION_FAILED', 'INSECURE_CONNECTION'],
      404: ['OIDC_NOT_CONFIGURED'],
      429: ['RATE_LIMITED'],
      503: ['IDENTITY_PROVIDER_UNAVAILABLE'],
    },
  )
  @ApiFoundResponse({ description: 'Redirect to the identity provider.' })
  async login(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query({ schema: OidcSignInRequest }) { return_to: returnTo, again }: OidcSignInRequest,
  ): Promise<void> {
    assertSecureConnection(request);
    const { url, sealed } = await this.oidc.begin(request, { returnTo, again });
    setCookie(reply, SIGN_IN_COOKIE, sealed, SIGN_IN_SECONDS);
    reply.redirect(url, 302);
  }

  @Get('callback')
  @Public()
  @UseGuards(AddressLimitGuard)
  @DescribePublic(
    {
      operationId: 'finishOidcSignIn',
      summary: 'Return from the identity provider',
      description:
        'Sets the cookie of a session and leads to the admin UI, whose address says so if the sign-in failed.',
    },
    {
      400: ['INSECURE_CONNECTION'],
      404: ['OIDC_NOT_CONFIGURED'],
      429: ['RATE_LIMITED'],
      503: ['IDENTITY_PROVIDER_UNAVAILABLE'],
    },
  )
  @ApiFoundResponse({ description: 'Redirect to the admin UI.' })
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    assertSecureConnection(request);
    const sealed = readCookie(request, SIGN_IN_COOKIE);
    clearCookie(reply, SIGN_IN_COOKIE);
    try {
      const { person, returnTo } = await this.oidc.finish(request, sealed);
      await this.sessions.begin(request, reply, 'oidc', person);
      reply.redirect(returnTo, 302);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      reply.redirect(`/admin/#refused=${error.extension?.reason ?? 'SIGN_IN_FAILED'}`, 302);
    }
  }

  @Post('backchannel-logout')
  @HttpCode(204)
  @Public()
  @RouteConfig({ form: true })
  @DescribePublic(
    {
      operationId: 'withdrawSignIn',
      summary: 'End the sessions of a person',
      description: 'Called by the identity provider, with a logout token of OpenID Connect Back-Channel Logout.',
    },
    {
      400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'],
      401: ['UNAUTHENTICATED'],
      404: ['OIDC_NOT_CONFIGURED'],
      413: ['BODY_TOO_LARGE'],
      415: ['UNSUPPORTED_MEDIA_TYPE'],
      503: ['IDENTITY_PROVIDER_UNAVAILABLE'],
    },
  )
  @ApiNoContentResponse({ description: 'The sessions have ended.' })
  async withdraw(
    @Body({ schema: BackChannelLogoutRequest }) { logout_token }: BackChannelLogoutRequest,
  ): Promise<void> {
    const { issuer, ...of } = await this.oidc.withdrawn(logout_token);
    await this.store.endOfPerson(issuer, of, this.clock.now());
    this.cached.invalidate();
  }
}
