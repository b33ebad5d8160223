import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { DATABASE_TIME } from '../../database/database-time.js';
import type { UnitOfWork } from './unit-of-work.js';
import { hydrate } from './hydrate.js';
import { yieldToEventLoop } from '../async/yield-to-event-loop.js';
import { ReadCoalescer } from '../async/read-coalescer.js';
import type { Statement } from './tenant-connection.js';
import type { Transaction } from './transaction.js';
import { SET_TENANT_OF_ROW } from './set-tenant-of-row.js';
import type { PageRequest } from './page-request.js';

/** What every row of a tenant has. */
export interface TenantRow extends ObjectLiteral {
  readonly tenantId: string;
  readonly createdAt: Date;
}

/** What a row is found by. */
export interface RowKey {
  readonly tenantId: string;
  readonly id: string;
}

/** The statement that looks for these rows. */
type SelectByKeys = (keys: readonly RowKey[]) => Statement;

/** Narrows a list: SQL over the alias `item`, with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: ObjectLiteral;
}

/** What JSON has no values for, by the type of its column. */
const FROM_JSON: Readonly<Record<string, ((value: string) => unknown) | undefined>> = {
  timestamptz: (value) => new Date(value),
  bytea: (value) => Buffer.from(value.slice('\\x'.length), 'hex'),
};

/**
 * Rows of one table, reached only through a tenant: every call takes it first and applies it last, and runs in the
 * tenant's unit of work, so that row-level security stands behind it. There is no `save()`, which would move another
 * tenant's row by its id, and no `where` that could be empty.
 */
export abstract class TenantScopedRepository<Row extends TenantRow> {
  private columnList: string | undefined;
  private jsonReaders: (readonly [property: string, read: (value: string) => unknown])[] | undefined;
  private readonly groups: ReadCoalescer<RowKey, Row>;
  /** Each row as one value: to read its columns one by one costs Node several times as much. */
  private readonly findStatement: SelectByKeys;

  protected constructor(
    private readonly entity: EntityTarget<Row>,
    /** The property that with the tenant makes the primary key. */
    private readonly idProperty: Extract<keyof Row, string>,
    protected readonly unitOfWork: UnitOfWork,
  ) {
    const keyOf = (row: Row): RowKey => ({ tenantId: row.tenantId, id: row[idProperty] });
    this.groups = new ReadCoalescer(
      ({ tenantId, id }) => rowKeyString(tenantId, id),
      keyOf,
      (keys) => this.selectAll(keys),
    );
    this.findStatement = this.selectByKeys(
      `${this.table}.find`,
      `${this.columns('item')} FROM ${this.table} item`,
      'row_to_json(item) AS row',
    );
  }

  /** In the caller's unit of work, if it is in one; else together with the reads that arrive at the same time. */
  async find(tenantId: string, id: string): Promise<Row | null> {
    if (!this.unitOfWork.isOpen) return this.groups.load({ tenantId, id });
    return (await this.findMany(tenantId, [id]))[0] ?? null;
  }

  /**
   * Locks the row until the unit of work ends, so that what is read can be changed without losing another change. The statement reads the
   * database's time when it has the lock: so the Clock tells a later time afterwards than to whoever had the lock before.
   */
  async findForUpdate(tenantId: string, id: string): Promise<Row | null> {
    const locked = `SELECT ${this.columns('item')} FROM ${this.table} item ${this.byKey('$1', '$2')} FOR NO KEY UPDATE`;
    const statement = {
      name: `${this.table}.find-for-update`,
      text: `SELECT locked.*, ${DATABASE_TIME} AS "lockedAt" FROM (${locked}) locked`,
      values: [tenantId, id],
    };
    const { databaseClock } = this.unitOfWork;
    const sentAt = databaseClock.sendingAt;
    const [found] = await this.unitOfWork.run(tenantId, (transaction) =>
      transaction.query<{ lockedAt: number }>(statement),
    );
    if (!found) return null;
    const { lockedAt, ...row } = found;
    databaseClock.observe(lockedAt, sentAt);
    return this.toEntity(row);
  }

  /** As `find` does. */
  async findMany(tenantId: string, ids: readonly string[]): Promise<Row[]> {
    if (!this.unitOfWork.isOpen) {
      const found = await Promise.all(ids.map((id) => this.groups.load({ tenantId, id })));
      return found.filter((row) => row !== null);
    }
    return this.unitOfWork.read(tenantId, (transaction) => this.select(transaction, ids));
  }

  /** In its order, one row more than the page holds. */
  async list(tenantId: string, conditions: readonly Condition[], page: PageRequest): Promise<Row[]> {
    const { order, after } = page;
    const [id, direction] = [`item.${this.idProperty}`, order.descending ? 'DESC' : 'ASC'];
    const onward = `(${order.by}, ${id}) ${order.descending ? '<' : '>'} (${order.bound}, :id)`;
    const all = after ? [...conditions, { sql: onward, parameters: after }] : conditions;
    const values: unknown[] = [tenantId];
    const narrowed = all.map((condition) => ` AND (${this.toSql(condition, values)})`).join('');
    const text = `SELECT ${this.columns('item')} FROM ${this.table} item
      WHERE item.${this.column('tenantId')} = $1${narrowed}
      ORDER BY ${this.toColumns(order.by)} ${direction}, ${this.toColumns(id)} ${direction} LIMIT ${page.limit + 1}`;
    const rows = await this.unitOfWork.read(tenantId, (transaction) => transaction.query({ text, values }));
    await yieldToEventLoop();
    return this.toEntities(rows);
  }

  async insert(row: Row): Promise<void> {
    await this.unitOfWork.run(row.tenantId, ({ manager }) =>
      manager
        .createQueryBuilder()
        .insert()
        .into(this.entity)
        .values(row as QueryDeepPartialEntity<Row>)
        .updateEntity(false)
        .execute(),
    );
  }

  /** Writes a row that `findForUpdate` read in the same unit of work. */
  async update(row: Row): Promise<void> {
    const { tenantId, [this.idProperty]: id, ...change } = row;
    const { affected } = await this.unitOfWork.run(tenantId, ({ manager }) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set(change as unknown as QueryDeepPartialEntity<Row>)
        .where({ tenantId, [this.idProperty]: id })
        .execute(),
    );
    if (affected !== 1) throw new Error(`An update reached ${affected ?? 0} rows instead of one.`);
  }

  /** The table's columns under `alias`, each named as its property: for statements written by hand. */
  protected columns(alias: string): string {
    this.columnList ??= this.unitOfWork
      .metadata(this.entity)
      .columns.map(({ databaseName, propertyName }) => `%.${databaseName} AS "${propertyName}"`)
      .join(', ');
    return this.columnList.replaceAll('%', alias);
  }

  /** A row that was read by such a statement. */
  protected toEntity(row: object): Row {
    return hydrate(this.unitOfWork.metadata(this.entity).target as { prototype: Row }, row);
  }

  private toEntities(rows: readonly object[]): Row[] {
    return rows.map((row) => this.toEntity(row));
  }

  private async select(transaction: Transaction, ids: readonly string[]): Promise<Row[]> {
    const keys = ids.map((id) => ({ tenantId: transaction.tenantId, id }));
    return this.fromJson(await transaction.query(this.findStatement(keys)));
  }

  private async selectAll(keys: readonly RowKey[]): Promise<Row[]> {
    return this.fromJson(await this.unitOfWork.queryStandalone(this.findStatement(keys)));
  }

  private fromJson(rows: readonly { readonly row: Record<string, unknown> }[]): Row[] {
    this.jsonReaders ??= this.unitOfWork.metadata(this.entity).columns.flatMap(({ propertyName, type }) => {
      const read = FROM_JSON[String(type)];
      return read ? [[propertyName, read] as const] : [];
    });
    for (const { row } of rows) {
      for (const [property, read] of this.jsonReaders) {
        const value = row[property];
        if (typeof value === 'string') row[property] = read(value);
      }
    }
    return rows.map(({ row }) => this.toEntity(row));
  }

  /**
   * `select` for rows `item` of whichever tenants, each looked for behind its own wall. In plain SQL: PostgreSQL keeps the plan. One look by the
   * key for each, and no other way: a plan that is kept for all tenants takes each for a middling one, for whom reading all
   * rows would do. Its text is made once: pg compares it with what it has prepared, which is quick for the very same text.
   */
  protected selectByKeys(name: string, select: string, as = 'item.*'): SelectByKeys {
    const type = String(this.columnOf(this.idProperty)?.type);
    const eachOf = (asked: string) => `
      SELECT ${as} FROM (SELECT * FROM ${asked} AS asked (tenant_id, id) WHERE ${SET_TENANT_OF_ROW} OFFSET 0) wanted
      CROSS JOIN LATERAL (SELECT ${select} ${this.byKey('wanted.tenant_id', 'wanted.id')} LIMIT 1) item`;
    const many = { name, text: eachOf(`unnest($1::text[], $2::${type}[])`) };
    // It needs no lists to be written and read.
    const one = { name: `${name}-one`, text: eachOf(`(VALUES ($1::text, $2::${type}))`) };
    return (keys) => {
      const [only] = keys;
      if (only && keys.length === 1) return { ...one, values: [only.tenantId, only.id] };
      return { ...many, values: [keys.map(({ tenantId }) => tenantId), keys.map(({ id }) => id)] };
    };
  }

  private byKey(tenantId: string, id: string): string {
    return `WHERE item.${this.column('tenantId')} = ${tenantId} AND item.${this.column(this.idProperty)} = ${id}`;
  }

  /** Properties become columns, and names of parameters their numbers. */
  private toSql({ sql, parameters }: Condition, values: unknown[]): string {
    const numbers = new Map(Object.entries(parameters).map(([name, value]) => [name, `$${values.push(value)}`]));
    return this.toColumns(sql).replace(
      /(?<!:):(\w+)/g,
      (_, name: string) => numbers.get(name) ?? fail(`A condition has no ${name}.`),
    );
  }

  private toColumns(sql: string): string {
    return sql.replace(/\bitem\.(\w+)/g, (_, property: string) => `item.${this.column(property)}`);
  }

  private get table(): string {
    return this.unitOfWork.metadata(this.entity).tableName;
  }

  /** Of a property; a column that is only searched by has none and is named itself. */
  private column(property: string): string {
    return this.columnOf(property)?.databaseName ?? property;
  }

  private columnOf(property: string) {
    return this.unitOfWork.metadata(this.entity).findColumnWithPropertyName(property);
  }
}

/** No tenant's id has a space in it. */
export function rowKeyString(tenantId: string, id: string): string {
  return `${tenantId} ${id}`;
}

function fail(message: string): never {
  throw new Error(message);
}

/**
 * True for what begins with the text, in upper or lower case: a range on stored lower-case columns, which an index serves. Bytes are
 * compared, since in the order of a language a range may hold what begins otherwise.
 */
export function prefixCondition(columns: readonly string[], prefix: string | undefined): Condition[] {
  if (prefix === undefined) return [];
  const range = (column: string) =>
    `(item.${column} COLLATE "C" >= lower(CAST(:prefix AS text)) AND item.${column} COLLATE "C" < lower(CAST(:prefix AS text)) || chr(1114111))`;
  return [{ sql: columns.map(range).join(' OR '), parameters: { prefix } }];
}

/** One equality for each filter that was given. */
export function equalities(filters: Readonly<Record<string, string | boolean | undefined>>): Condition[] {
  return Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([property, value]) => ({ sql: `item.${property} = :${property}`, parameters: { [property]: value } }));
}

/** From inclusive, before exclusive; an open end where none was given. */
export function range(property: string, from: Date | undefined, before: Date | undefined): Condition[] {
  return [
    ...(from ? [{ sql: `item.${property} >= :${property}From`, parameters: { [`${property}From`]: from } }] : []),
    ...(before
      ? [{ sql: `item.${property} < :${property}Before`, parameters: { [`${property}Before`]: before } }]
      : []),
  ];
}
