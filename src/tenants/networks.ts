import { BlockList, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { rule } from '../shared/http/schema-messages.js';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Prefix length of an IPv4 address in its IPv6 form. */
const MAPPED_BITS = 96;

/** An address range such as `203.0.113.0/24` or `2001:db8::/32`. */
export const Cidr = z
  .union([z.cidrv4(), z.cidrv6()], rule('must be an address range such as 203.0.113.0/24 or 2001:db8::/32'))
  .meta({ examples: ['203.0.113.0/24'] });

/** Returns whether an address is in one of the ranges. An empty list contains every address. */
export function networkFilter(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => true;
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = MAPPED_IPV4.exec(address)?.[1] ?? address;
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

/** Returns whether each range lies in one of the outer ranges. An empty list means every address, which only an empty list contains. */
export function areWithin(ranges: readonly string[], outer: readonly string[]): boolean {
  if (outer.length === 0) return true;
  const outerRanges = outer.map(asIpv6);
  return (
    ranges.length > 0 &&
    ranges.map(asIpv6).every(([address, bits]) => outerRanges.some((one) => bits >= one[1] && address.match(one)))
  );
}

/** Returns the range in the form of the filter: an IPv4 address becomes its mapped IPv6 address. */
function asIpv6(range: string): [address: ipaddr.IPv6, bits: number] {
  const [address, bits] = ipaddr.parseCIDR(range);
  return address instanceof ipaddr.IPv4 ? [address.toIPv4MappedAddress(), bits + MAPPED_BITS] : [address, bits];
}
