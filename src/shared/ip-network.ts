import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const IPV6_NETWORK_GROUPS = 4;

/** Returns an IPv4 address unchanged and an IPv6 address as its /64 network, because one host can use all its 2^64 addresses. */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, IPV6_NETWORK_GROUPS).join(':') : parsed.toString();
}
