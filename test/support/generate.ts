import fc, { type Arbitrary } from './property.js';

/** A JSON Schema as it stands in the OpenAPI document. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | string[];
  readonly enum?: unknown[];
  readonly const?: unknown;
  readonly anyOf?: Schema[];
  readonly oneOf?: Schema[];
  readonly allOf?: Schema[];
  readonly format?: string;
  readonly examples?: unknown[];
  readonly properties?: Record<string, Schema>;
  readonly required?: string[];
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that broken programs and attackers send. */
const HOSTILE: unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -1,
  -0,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  'a\0b',
  '\ud800',
  '\udc00x',
  '\u202e',
  "'; DROP TABLE licenses; --",
  '${jndi:ldap://x}',
  '../../etc/passwd',
  'x'.repeat(300),
  'x'.repeat(70_000),
  '9999-12-31T23:59:59.999Z',
  '+010000-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  [],
  {},
  [[[[[[[[[[[]]]]]]]]]]],
  { constructor: { prototype: { admin: true } } },
  Array.from({ length: 2_000 }, () => 'x'),
];

export const hostile = (): Arbitrary<unknown> => fc.constantFrom(...HOSTILE);

/** Mostly what the schema allows, now and then what it does not. */
export function fromSchema(schema: Schema, components: Record<string, Schema>): Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: allowed(schema, components) }, { weight: 1, arbitrary: hostile() });
}

function allowed(schema: Schema, components: Record<string, Schema>): Arbitrary<unknown> {
  if (schema.$ref) return fromSchema(components[schema.$ref.split('/').pop() ?? ''] ?? {}, components);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, components)));
  const generated = byType(schema, components);
  return schema.examples ? fc.oneof(fc.constantFrom(...schema.examples), generated) : generated;
}

function byType(schema: Schema, components: Record<string, Schema>): Arbitrary<unknown> {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object':
      return object(schema, components);
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, components), { maxLength: 4 });
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -10, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 100, 2 ** 31 - 1),
      });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

function object({ properties, required = [] }: Schema, components: Record<string, Schema>): Arbitrary<unknown> {
  if (!properties) return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
  const fields = Object.entries(properties).map(([name, inner]) => [name, fromSchema(inner, components)] as const);
  const whole = fc.record(Object.fromEntries(fields), { requiredKeys: required });
  const odd = fc.tuple(whole, fc.constantFrom('tenant_id', 'version', 'constructor', 'toString', 'x'), fc.jsonValue());
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: odd.map(([value, name, more]) => ({ ...value, [name]: more })) },
  );
}

function text(schema: Schema): Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'email') return fc.emailAddress();
  if (schema.format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  const words = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/);
  return fc.oneof(words, fc.string({ unit: 'grapheme', minLength: schema.minLength ?? 0, maxLength: 30 }));
}
