import ipaddr from 'ipaddr.js';
import { parseTimeWindow } from './time-window.js';
import type { Restriction } from './restriction-types.js';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`, 'i');

/** Returns the fault of a restriction value, or undefined. */
export function restrictionValueFault(type: Restriction['restriction_type'], value: string): string | undefined {
  switch (type) {
    case 'GEOGRAPHIC':
      return /^[A-Z]{2}$/.test(value)
        ? undefined
        : 'must be a country of ISO 3166-1 in two capital letters, such as DE';
    case 'DOMAIN':
      return DOMAIN.test(value) ? undefined : 'must be a domain such as example.com, or *.example.com for all below it';
    case 'IP_RANGE':
      return parseRange(value) ? undefined : 'must be an address range such as 203.0.113.0/24 or 2001:db8::/32';
    case 'MAC_ADDRESS':
      return normalMac(value) ? undefined : 'must be a MAC address such as 00:1B:44:11:3A:B7';
    case 'TIME_BASED':
      return parseTimeWindow(value) ? undefined : 'must be hours such as "Mon-Fri 09:00-18:00 Europe/Berlin"';
    case 'HARDWARE_ID':
      return undefined;
  }
}

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Parses a CIDR range or one address. An IPv4-mapped IPv6 address becomes the IPv4 address. */
export function parseRange(value: string): Range | undefined {
  try {
    const [address, bits] = value.includes('/') ? ipaddr.parseCIDR(value) : [ipaddr.parse(value), undefined];
    const plain = ipaddr.process(address.toString());
    const mapped = plain.kind() !== address.kind();
    const addressBits = plain.kind() === 'ipv4' ? 32 : 128;
    return [plain, bits === undefined ? addressBits : mapped ? Math.max(0, bits - 96) : bits] as Range;
  } catch {
    return undefined;
  }
}

/** Pairs, groups of four, or no groups. Without flags, because JSON Schema has none. */
export const MAC_ADDRESS =
  /^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$|^(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$|^[0-9A-Fa-f]{12}$/;

/** Returns twelve capital hexadecimal digits, whatever the grouping. */
export function normalMac(value: string): string | undefined {
  return MAC_ADDRESS.test(value) ? value.replace(/[:.-]/g, '').toUpperCase() : undefined;
}
