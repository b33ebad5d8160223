import ipaddr from 'ipaddr.js';

const BITS = 128;
const RECORD_BYTES = 3;
const SEPARATOR = Buffer.alloc(16);
const MARKER = Buffer.concat([Buffer.from('abcdef', 'hex'), Buffer.from('MaxMind.com')]);
const TYPES = { text: 2, integer: 6, map: 7, list: 11 } as const;
const MAX_SHORT = 28;

type Value = string | number | Value[] | { readonly [name: string]: Value };
type Node = [Branch, Branch];
type Branch = Node | string | undefined;

/**
 * A database in MaxMind's format (its version 2.0, records of 24 bits) with the countries of some networks, which must not overlap.
 * IPv4 stands at ::/96, as in the databases that are published.
 */
export function countryDatabase(countries: Readonly<Record<string, string>>, type = 'Test-Country'): Buffer {
  const root: Node = [undefined, undefined];
  for (const [network, country] of Object.entries(countries)) plant(root, network, country);
  const nodes = nodesOf(root);
  const at = new Map(nodes.map((node, index) => [node, index]));
  const data: Buffer[] = [];
  const places = new Map<string, number>();
  for (const country of new Set(Object.values(countries))) {
    places.set(country, Buffer.concat(data).length);
    data.push(encode({ country: { iso_code: country } }));
  }
  const record = (branch: Branch) => {
    if (branch === undefined) return nodes.length;
    if (typeof branch === 'string') return nodes.length + SEPARATOR.length + (places.get(branch) ?? 0);
    return at.get(branch) ?? 0;
  };
  const tree = nodes.flatMap((node) => node.map((branch) => unsigned(record(branch), RECORD_BYTES)));
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_800_000_000,
    database_type: type,
    description: { en: 'For tests' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: RECORD_BYTES * 8,
  };
  return Buffer.concat([...tree, SEPARATOR, ...data, MARKER, encode(metadata)]);
}

function plant(root: Node, network: string, country: string): void {
  const [address, length] = ipaddr.parseCIDR(network);
  const bytes = address.toByteArray();
  const whole = [...Array<number>(BITS / 8 - bytes.length).fill(0), ...bytes];
  const depth = length + BITS - bytes.length * 8;
  let node = root;
  for (let bit = 0; bit < depth; bit++) {
    const side = ((whole[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    if (bit === depth - 1) node[side] = country;
    else node = (node[side] ??= [undefined, undefined]) as Node;
  }
}

function nodesOf(node: Node): Node[] {
  return [node, ...node.flatMap((branch) => (Array.isArray(branch) ? nodesOf(branch) : []))];
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TYPES.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.concat([control(TYPES.integer, 4), unsigned(value, 4)]);
  if (Array.isArray(value)) return Buffer.concat([control(TYPES.list, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(TYPES.map, entries.length), ...entries.flat().map(encode)]);
}

/** Control bytes: type and length of the value that follows. Types after the seventh have a byte of their own. */
function control(type: number, size: number): Buffer {
  if (size > MAX_SHORT) throw new RangeError('This writer knows short values only.');
  return type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);
}

function unsigned(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
