import { getMetadataArgsStorage } from 'typeorm';
import { hydrate } from '../hydrate.js';
import type { Json, JsonObject } from '../json.js';

/** Names of the properties that hold values. */
type ValueName<Row> = { [Name in keyof Row]: Row[Name] extends (...args: never) => unknown ? never : Name }[keyof Row];

/** Column of a table, as its decorator declares it. */
export interface EntityColumn<Row> {
  readonly property: ValueName<Row> & string;
  /** Name in the table and on the wire. */
  readonly name: string;
  /** Type in PostgreSQL. */
  readonly type: string;
  readonly isNullable: boolean;
  /** False if no action may change the column. */
  readonly isUpdatable: boolean;
}

/** Returns the columns of a class, those that it inherits first. */
export function columnsOf<Row extends object>(entity: abstract new () => Row): readonly EntityColumn<Row>[] {
  return getMetadataArgsStorage()
    .columns.filter(({ target }) => typeof target === 'function' && isOrExtends(entity, target))
    .map(({ propertyName, options }) => ({
      property: propertyName as ValueName<Row> & string,
      name: options.name ?? propertyName,
      type: `${String(options.type)}${options.array ? '[]' : ''}`,
      isNullable: options.nullable === true,
      isUpdatable: options.update !== false && !options.primary,
    }));
}

/** Parsers of values that JSON carries as text, by column type. */
const FROM_JSON: Readonly<Record<string, ((value: string) => unknown) | undefined>> = {
  timestamptz: (value) => new Date(value),
  bytea: (value) => Buffer.from(value.slice('\\x'.length), 'hex'),
};

/** Returns a function that turns a row, which a statement selected as one JSON value by the names of its properties, into an entity. */
export function jsonReader<Row extends object>(entity: abstract new () => Row): (row: Record<string, unknown>) => Row {
  const parsed = columnsOf(entity).flatMap(({ property, type }) => {
    const parse = FROM_JSON[type];
    return parse ? [{ property, parse }] : [];
  });
  return (row) => {
    for (const { property, parse } of parsed) {
      const value = row[property];
      if (typeof value === 'string') row[property] = parse(value);
    }
    return hydrate(entity as { readonly prototype: Row }, row);
  };
}

/** Returns these columns of a row as JSON, by their names. */
export function toJson<Row extends object>(row: Row, columns: readonly EntityColumn<Row>[]): JsonObject {
  return Object.fromEntries(columns.map(({ name, property }) => [name, toJsonValue(row[property])]));
}

/** Converts a time to ISO 8601. A column that was never set is null, as in the table. */
function toJsonValue(value: unknown): Json {
  return value instanceof Date ? value.toISOString() : ((value ?? null) as Json);
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- TypeORM's type of a target.
function isOrExtends(type: abstract new () => object, base: Function): boolean {
  return type === base || type.prototype instanceof base;
}
