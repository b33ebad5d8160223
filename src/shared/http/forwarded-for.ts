import type { FastifyInstance } from 'fastify';

const HEADER = 'x-forwarded-for';
/** Matches `198.51.100.1:5555`, `[2001:db8::1]:443` and `[2001:db8::1]`; an IPv6 address without brackets has no port. */
const WITH_PORT = /^(?:([^:[\]]+):\d{1,5}|\[([^[\]]+)\](?::\d{1,5})?)$/;

/**
 * Removes client ports, which some proxies add to X-Forwarded-For. Otherwise every connection would count as another address, so that rate
 * limits and networks of API keys would not work.
 */
export function ignoreForwardedPorts(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw;
    const forwarded = headers[HEADER];
    if (typeof forwarded === 'string') headers[HEADER] = forwarded.split(',').map(withoutPort).join(',');
    done();
  });
}

function withoutPort(entry: string): string {
  const [, ipv4, ipv6] = WITH_PORT.exec(entry.trim()) ?? [];
  return ipv4 ?? ipv6 ?? entry;
}
