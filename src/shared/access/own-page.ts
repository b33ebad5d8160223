import type { FastifyRequest } from 'fastify';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Tells whether a page of this server sent the request, by headers that no page can set. A browser without `Sec-Fetch-Site` sends `Origin` with
 * unsafe methods only, so its other requests do not count.
 */
export function isFromOwnPage(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return !SAFE_METHODS.includes(request.method) && request.headers.origin === originOf(request);
}

/** Tells whether a page of another origin sent the request. Programs that are no browsers send neither header. */
export function isFromForeignPage(request: FastifyRequest): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers;
  return (site !== undefined || origin !== undefined) && !isFromOwnPage(request);
}

/** Origin by which the browser reached this server. */
export function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}
