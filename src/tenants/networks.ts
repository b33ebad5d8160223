import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address range such as `203.0.113.0/24` or `2001:db8::/32`. */
export const Cidr = z
  .union([z.cidrv4(), z.cidrv6()], { error: 'must be an address range such as 203.0.113.0/24 or 2001:db8::/32' })
  .meta({ examples: ['203.0.113.0/24'] });

/** Whether an address is in one of the ranges. No ranges means everywhere. */
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
