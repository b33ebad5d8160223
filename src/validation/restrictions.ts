import ipaddr from 'ipaddr.js';
import { isWithin, nextOpening, normalMac, parseRange, parseTimeWindow, type Restriction } from '../templates/index.js';
import type { FailureCode, ValidationReason } from './validation-codes.js';

/** Known facts about the environment of a program. An unknown fact fails an ALLOW list and passes a DENY list. */
export interface EvaluationContext {
  readonly now: Date;
  readonly country?: string | undefined;
  readonly domain?: string | undefined;
  readonly ip?: string | undefined;
  readonly mac?: string | undefined;
  readonly hardwareId?: string | undefined;
}

/** Facts that a program declares about its environment. */
export interface DeclaredEnvironment {
  readonly domain?: string | undefined;
  readonly mac?: string | undefined;
  readonly hardware_id?: string | undefined;
}

type RestrictionType = Restriction['restriction_type'];

interface Rule {
  readonly code: FailureCode;
  readonly contextField: keyof EvaluationContext;
  /** Name of the fact in the detail of a reason. */
  readonly label: string;
  readonly matches: (value: string, context: EvaluationContext) => boolean;
  /** Whether a program can send the fact in a later request. */
  readonly isSent?: true;
}

const RULES: Readonly<Record<RestrictionType, Rule>> = {
  GEOGRAPHIC: {
    code: 'COUNTRY_DENIED',
    contextField: 'country',
    label: 'country',
    matches: (value, { country }) => value === country,
  },
  DOMAIN: {
    code: 'DOMAIN_DENIED',
    contextField: 'domain',
    label: 'domain',
    isSent: true,
    matches: (value, { domain }) => isOfDomain(value, domain),
  },
  IP_RANGE: {
    code: 'IP_DENIED',
    contextField: 'ip',
    label: 'address',
    matches: (value, { ip }) => isInRange(value, ip),
  },
  MAC_ADDRESS: {
    code: 'MAC_DENIED',
    contextField: 'mac',
    label: 'MAC address',
    isSent: true,
    matches: (value, { mac }) => isSameMac(value, mac),
  },
  HARDWARE_ID: {
    code: 'HARDWARE_DENIED',
    contextField: 'hardwareId',
    label: 'hardware id',
    isSent: true,
    matches: (value, { hardwareId }) => value === hardwareId,
  },
  TIME_BASED: {
    code: 'TIME_DENIED',
    contextField: 'now',
    label: 'time',
    matches: (value, { now }) => isInHours(value, now),
  },
};

/**
 * Selects the restrictions whose fact is known. An activation need not declare its environment: validate checks omitted facts at each
 * start.
 */
export function evaluable(restrictions: readonly Restriction[], context: EvaluationContext): Restriction[] {
  return restrictions.filter(({ restriction_type }) => context[RULES[restriction_type].contextField] !== undefined);
}

/**
 * Returns one reason for each violated type. All lists of a type count together: a value must be on no DENY list, and on an ALLOW list if
 * there is one.
 */
export function violations(restrictions: readonly Restriction[], context: EvaluationContext): ValidationReason[] {
  return Object.entries(RULES).flatMap(([type, { code, contextField, label, matches, isSent }]) => {
    const lists = restrictions.filter(({ restriction_type }) => restriction_type === type);
    const names = ({ values }: Restriction) => values.some((value) => matches(value, context));
    const allow = lists.filter(({ operator }) => operator === 'ALLOW');
    const isDenied = lists.some((list) => list.operator === 'DENY' && names(list));
    const deny = (detail: string): ValidationReason[] => [
      { code, detail, ...(code === 'TIME_DENIED' && { retryAt: openingOf(lists, context.now) }) },
    ];
    if (isDenied) return deny(`The license excludes this ${label}.`);
    if (allow.length === 0 || allow.some(names)) return [];
    if (context[contextField] !== undefined) return deny(`The license does not allow this ${label}.`);
    const detail = `The license is restricted by ${label}, and the ${label} is unknown.`;
    return [{ code, detail, ...(isSent && { nextAction: 'fix_request' }) }];
  });
}

function openingOf(lists: readonly Restriction[], now: Date): Date | undefined {
  const windowsOf = (wanted: Restriction['operator']) =>
    lists
      .filter(({ operator }) => operator === wanted)
      .flatMap(({ values }) => values.flatMap((value) => parseTimeWindow(value) ?? []));
  return nextOpening({ allow: windowsOf('ALLOW'), deny: windowsOf('DENY') }, now);
}

function isOfDomain(pattern: string, domain: string | undefined): boolean {
  const name = domain?.toLowerCase().replace(/\.$/, '');
  const wanted = pattern.toLowerCase();
  if (name === undefined) return false;
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name.length >= wanted.length : name === wanted;
}

function isInRange(value: string, ip: string | undefined): boolean {
  const range = parseRange(value);
  if (!range || ip === undefined || !ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return address.kind() === range[0].kind() && address.match(range);
}

function isSameMac(value: string, mac: string | undefined): boolean {
  const given = mac === undefined ? undefined : normalMac(mac);
  return given !== undefined && given === normalMac(value);
}

function isInHours(value: string, now: Date): boolean {
  const window = parseTimeWindow(value);
  return window !== undefined && isWithin(window, now);
}
