import type { EntityColumn } from '../shared/persistence/entity-columns.js';

/** Returns the select list of lines `item`, each column named as its property. A bigint becomes a float8, which is exact for safe integers. */
export function selectLines<Row>(columns: readonly EntityColumn<Row>[]): string {
  return columns
    .map(({ name, property, type }) => `item.${name}${type === 'bigint' ? '::float8' : ''} AS "${property}"`)
    .join(', ');
}

/** Turns these columns into numbers: pg returns a bigint as text. They are safe integers by a check of the table. */
export function withNumbers(row: object, properties: readonly string[]): object {
  const numbers = Object.entries(row).filter(([property]) => properties.includes(property));
  return Object.assign(row, Object.fromEntries(numbers.map(([property, value]) => [property, Number(value)])));
}
