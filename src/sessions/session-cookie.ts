import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InsecureConnectionError } from './session.errors.js';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A cookie with the name that a plain connection on this machine uses; over TLS the name is bound to the host. */
interface CookieKind {
  readonly name: string;
  readonly sameSite: 'strict' | 'lax';
}

export const SESSION_COOKIE: CookieKind = { name: 'imprimatur', sameSite: 'strict' };
/** State of a sign-in at the identity provider, which sends the browser back from another site. */
export const SIGN_IN_COOKIE: CookieKind = { name: 'imprimatur-sign-in', sameSite: 'lax' };

/** Throws InsecureConnectionError unless the connection is TLS or stays on this machine. */
export function assertSecureConnection({ protocol, hostname }: FastifyRequest): void {
  if (protocol !== 'https' && !LOOPBACK.test(hostname)) throw new InsecureConnectionError();
}

export function readCookie(request: FastifyRequest, kind: CookieKind): string | undefined {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : parseCookie(cookie)[nameFor(request, kind)];
}

/** Sets a cookie that scripts cannot read. Without `maxAgeS` it ends with the browser. */
export function setCookie(reply: FastifyReply, kind: CookieKind, value: string, maxAgeS?: number): void {
  const { request } = reply;
  const header = stringifySetCookie({
    name: nameFor(request, kind),
    value,
    path: '/',
    httpOnly: true,
    secure: isTls(request),
    sameSite: kind.sameSite,
    ...(maxAgeS !== undefined && { maxAge: maxAgeS }),
  });
  void reply.header('Set-Cookie', header);
}

export function clearCookie(reply: FastifyReply, kind: CookieKind): void {
  setCookie(reply, kind, '', 0);
}

/** Browsers take a cookie of this name only over TLS, for this host and all its paths. Some take none that is secure over plain HTTP. */
function nameFor(request: FastifyRequest, { name }: CookieKind): string {
  return isTls(request) ? `__Host-${name}` : name;
}

function isTls({ protocol }: FastifyRequest): boolean {
  return protocol === 'https';
}
