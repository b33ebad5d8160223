import ipaddr from 'ipaddr.js';

const IPV6_NETWORK_GROUPS = 4;

/** Who has one address of an IPv6 network has all 2^64 of it. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, IPV6_NETWORK_GROUPS).join(':') : parsed.toString();
}
