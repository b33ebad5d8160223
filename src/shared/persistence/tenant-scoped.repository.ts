import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { DATABASE_TIME } from '../../database/database-time.js';
import { rowKeyString } from '../tenant-id.js';
import type { UnitOfWork } from './unit-of-work.js';
import { hydrate } from '../hydrate.js';
import { yieldForRows } from '../async/yield-to-event-loop.js';
import { coalesceReads } from '../async/coalesce-reads.js';
import type { Coalescer } from '../async/coalescer.js';
import { jsonReader } from './entity-columns.js';
import { PageReads, type PageStatement } from './page-reads.js';
import type { Statement } from './tenant-connection.js';
import type { Transaction } from './transaction.js';
import { SET_TENANT, SET_TENANT_OF_ROW } from './set-tenant-of-row.js';
import { MAX_LIMIT, type PageRequest } from './page-request.js';

/** Columns of every row of a tenant. */
export interface TenantRow extends ObjectLiteral {
  readonly tenantId: string;
  readonly createdAt: Date;
}

/** Primary key of a row. */
export interface RowKey {
  readonly tenantId: string;
  readonly id: string;
}

/** Returns the statement that selects the rows with these keys; `more` are its parameters from $3. */
export type SelectByKeys = (keys: readonly RowKey[], ...more: unknown[]) => Statement;

/** Row that a statement selected as one JSON value. */
export interface JsonRow {
  readonly row: Record<string, unknown>;
}

type Column = EntityMetadata['columns'][number];

/** Column of a row with its value as a parameter. */
interface StoredColumn {
  readonly name: string;
  readonly value: unknown;
}

/** Filter of a list: SQL over the alias `item`, with its named parameters; $1 is the tenant. */
export interface Condition {
  /** Table with at most one row for each item, without parameters. `order` are its columns that equal those of the sort order, with the id. */
  readonly joined?: { readonly sql: string; readonly order?: { readonly by: string; readonly id: string } };
  readonly sql: string;
  readonly parameters: ObjectLiteral;
  /** Property of an equality whose rows an index has in the order of the list, so that one plan serves all values. */
  readonly indexed?: string;
}

/** Statement of pages, without its values. */
type List = Omit<Statement, 'values'> | Omit<PageStatement, 'values'>;

/** Most statements of lists whose texts a repository keeps, and that it names; each connection keeps the plans of those that it sends. */
const MAX_LISTS = 128;
const MAX_NAMED_LISTS = 32;

/**
 * Rows of one table. Every call takes the tenant first and runs in its unit of work, so that row-level security applies as well.
 * There is no `save()`, which could move another tenant's row by its id, and no `where` that could be empty.
 */
export abstract class TenantScopedRepository<Row extends TenantRow> {
  private columnList: (readonly [property: string, column: string])[] | undefined;
  /** Statements that insert or update, by the columns that they write. */
  private readonly writes = new Map<string, { readonly name: string; readonly text: string }>();
  /** Statements of lists, by all that their texts follow from, because building a text costs as much as reading a row. */
  private readonly lists = new Map<string, List>();
  private listColumns: string | undefined;
  private readonly groups: Coalescer<RowKey, Row | null>;
  private readonly pages: PageReads;
  private readonly fromJson: (row: Record<string, unknown>) => Row;
  /** Selects each row as one JSON value, because reading its columns one by one costs Node several times as much. */
  private readonly findStatement: SelectByKeys;
  private readonly lockStatement: { readonly name: string; readonly text: string };

  protected constructor(
    private readonly entity: abstract new () => Row,
    /** Property that forms the primary key together with the tenant. */
    private readonly idProperty: Extract<keyof Row, string>,
    protected readonly unitOfWork: UnitOfWork,
  ) {
    this.pages = new PageReads(unitOfWork);
    this.fromJson = jsonReader(entity);
    const keyOf = (row: Row): RowKey => ({ tenantId: row.tenantId, id: row[idProperty] });
    this.groups = coalesceReads(
      ({ tenantId, id }) => rowKeyString(tenantId, id),
      keyOf,
      (keys) => this.selectAll(keys),
    );
    this.findStatement = this.selectByKeys(
      `${this.table}.find`,
      `${this.columns('item')} FROM ${this.table} item`,
      'row_to_json(item) AS row',
    );
    const lockRow = `SELECT ${this.columns('item')} FROM ${this.table} item ${this.byKey('$1', '$2')} FOR NO KEY UPDATE`;
    this.lockStatement = {
      name: `${this.table}.find-for-update`,
      text: `SELECT locked.*, ${DATABASE_TIME} AS "lockedAt" FROM (${lockRow}) locked`,
    };
  }

  /** Reads in the open unit of work; without one, shares a statement with other reads that arrive meanwhile. */
  async find(tenantId: string, id: string): Promise<Row | null> {
    if (!this.unitOfWork.isOpen) return this.groups.add({ tenantId, id });
    return (await this.findMany(tenantId, [id]))[0] ?? null;
  }

  /**
   * Locks the row until the unit of work ends, so that no concurrent change is lost. The statement reads the database's time once it holds
   * the lock, so that the Clock then returns a later time than the previous lock holder got.
   */
  async findForUpdate(tenantId: string, id: string): Promise<Row | null> {
    const { databaseClock } = this.unitOfWork;
    const sentAt = databaseClock.sendingAt;
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const statement = { ...this.lockStatement, values: [tenantId, id] };
      const [found] = await transaction.query<{ lockedAt: number }>(statement);
      if (!found) return null;
      const { lockedAt, ...columns } = found;
      databaseClock.observe(lockedAt, sentAt);
      const row = this.toEntity(columns);
      return this.isVisible(transaction, row) ? row : null;
    });
  }

  /** Reads like `find`; missing rows are left out. */
  async findMany(tenantId: string, ids: readonly string[]): Promise<Row[]> {
    if (!this.unitOfWork.isOpen) {
      const found = await Promise.all(ids.map((id) => this.groups.add({ tenantId, id })));
      return found.filter((row) => row !== null);
    }
    return this.unitOfWork.read(tenantId, (transaction) => this.select(transaction, ids));
  }

  /** Returns the rows of a page in sort order, and one row more if there is a next page. */
  async list(tenantId: string, conditions: readonly Condition[], page: PageRequest): Promise<Row[]> {
    this.listColumns ??= this.columns('item');
    const statement = this.listStatement([tenantId], this.listColumns, [conditions], page);
    const rows = await this.queryPage(tenantId, statement);
    await yieldForRows(rows);
    return this.toEntities(rows);
  }

  /**
   * Returns the standalone statement of a page, which selects `select` from the rows `item` that fulfil the conditions of one of the disjoint
   * `parts`; `join` adds to each row of the page. The first of its values is the tenant.
   */
  protected listStatement(
    first: readonly [tenantId: string, ...unknown[]],
    select: string,
    parts: readonly (readonly Condition[])[],
    page: PageRequest,
    join = '',
  ): Statement | PageStatement {
    const { limit, order, after } = page;
    const visible = parts.map((conditions) => [...conditions, ...this.partnerCondition()]);
    const parameters = visible.flatMap((part) => [...part.map((condition) => condition.parameters), after ?? {}]);
    const values = [...first, ...parameters.flatMap((each) => Object.values(each) as unknown[]), limit + 1];
    const { partnerId } = this.unitOfWork;
    const conditionKey = ({ joined, sql, indexed }: Condition) =>
      [joined?.sql, joined?.order?.by, sql, indexed].join('\0');
    const partKeys = visible.map((part) => part.map(conditionKey).join('\n\0'));
    const orderKey = [order.by, order.bound, order.descending, after !== undefined, partnerId !== undefined];
    const key = [select, join, ...orderKey, ...partKeys].join('\n\n\0');
    const known = this.lists.get(key);
    if (known) return { ...known, values };
    const built = this.buildList(first, select, visible, page, join);
    if (this.lists.size < MAX_LISTS) this.lists.set(key, built);
    return { ...built, values };
  }

  /** Returns the statement for all pages that differ in their values alone. */
  private buildList(
    first: readonly unknown[],
    select: string,
    parts: readonly (readonly Condition[])[],
    { order, after }: PageRequest,
    join: string,
  ): List {
    const [id, direction] = [`item.${this.idProperty}`, order.descending ? 'DESC' : 'ASC'];
    const sortBy = (columns: { readonly by: string; readonly id: string }) =>
      `ORDER BY ${this.toColumns(columns.by)} ${direction}, ${this.toColumns(columns.id)} ${direction}`;
    const own = { by: order.by, id };
    let bound = first.length;
    const bind = () => `$${++bound}`;
    // With the constant limit PostgreSQL knows how few rows are read, so that it keeps the plan of a named statement.
    const selectPart = (conditions: readonly Condition[]) => {
      // A joined table has its own index in this order, which PostgreSQL would not use for the columns of the item.
      const columns = conditions.flatMap(({ joined }) => joined?.order ?? [])[0] ?? own;
      const isAfter = `(${columns.by}, ${columns.id}) ${order.descending ? '<' : '>'} (${order.bound}, :id)`;
      const all = after ? [...conditions, { sql: isAfter, parameters: after }] : conditions;
      const filters = all.map((condition) => ` AND (${this.toSql(condition, bind)})`).join('');
      const joins = conditions.map(({ joined }) => (joined ? this.toColumns(joined.sql) : '')).join(' ');
      return `(SELECT item.* FROM ${this.table} item ${joins}
        WHERE wanted.is_set AND item.${this.column('tenantId')} = $1${filters} ${sortBy(columns)} LIMIT ${MAX_LIMIT + 1})`;
    };
    // One part keeps its order: it is the inner side of a nested loop over one row.
    const text = `
      SELECT ${select} FROM (SELECT ${SET_TENANT} AS is_set OFFSET 0) wanted
      CROSS JOIN LATERAL (${parts.map(selectPart).join(' UNION ALL ')}) item ${join}
      ${parts.length === 1 ? '' : sortBy(own)} LIMIT ${bind()}`;
    const filters = parts.flat().filter(({ parameters }) => Object.keys(parameters).length > 0);
    const hasOnePlan =
      parts.length === 1 && filters.length <= 1 && filters.every(({ indexed }) => indexed !== undefined);
    if (!hasOnePlan || this.unitOfWork.partnerId !== undefined) return { text };
    const by = filters.map(({ indexed = '' }) => `-by-${this.column(indexed)}`).join('');
    const name = this.listName(`${this.table}.list${by}${after ? '-after' : ''}`);
    if (name === undefined) return { text };
    // The first pages of few rows are shared. All rows of a tenant are many, and other pages are seldom read at once.
    const [filter] = filters;
    if (!filter || after) return { name, text };
    const types = Object.keys(filter.parameters).map((property) => String(this.columnOf(property)?.type ?? 'text'));
    return { name, text, valueTypes: [...first.map(typeOfValue), ...types, 'integer'] };
  }

  /** Returns a name that no other statement has, for one that is kept; undefined if there are too many. */
  private listName(wanted: string): string | undefined {
    const names = [...this.lists.values()].flatMap((list) => list.name ?? []);
    if (names.length >= MAX_NAMED_LISTS || this.lists.size >= MAX_LISTS) return undefined;
    return names.includes(wanted) ? `${wanted}-${names.length}` : wanted;
  }

  /** Runs a `listStatement`: in the open unit of work, without one as a transaction by itself, which other pages may share. */
  protected queryPage<Selected extends ObjectLiteral>(
    tenantId: string,
    statement: Statement | PageStatement,
  ): Promise<Selected[]> {
    if (this.unitOfWork.isOpen)
      return this.unitOfWork.read(tenantId, (transaction) => transaction.query<Selected>(statement));
    return 'valueTypes' in statement
      ? this.pages.add<Selected>(statement)
      : this.unitOfWork.queryStandalone<Selected>(statement);
  }

  async insert(row: Row): Promise<void> {
    await this.unitOfWork.run(row.tenantId, (transaction) => {
      if (!this.isVisible(transaction, row)) throw new TypeError('A row of another partner was inserted.');
      return transaction.query(this.insertStatement(row));
    });
  }

  /** Writes a row that `findForUpdate` read in the same unit of work. */
  async update(row: Row): Promise<void> {
    const updated = await this.unitOfWork.run(row.tenantId, (transaction) =>
      transaction.query(this.updateStatement(row)),
    );
    if (updated.length !== 1) throw new Error(`An update reached ${updated.length} rows instead of one.`);
  }

  protected insertStatement(row: Row): Statement {
    return this.writeStatement(
      'insert',
      this.storedColumns(row, ({ isInsert }) => isInsert),
      (names) => {
        const values = names.map((_, at) => `$${at + 1}`);
        return `INSERT INTO ${this.table} (${names.join(', ')}) VALUES (${values.join(', ')})`;
      },
    );
  }

  /** Inserts rows by one statement, without those whose keys exist, and returns the ids of the inserted ones. */
  async insertMany(transaction: Transaction, rows: readonly Row[]): Promise<ReadonlySet<string>> {
    const { columns } = this.unitOfWork.metadata(this.entity);
    const names = columns.map(({ databaseName }) => databaseName).join(', ');
    const toJson = (row: Row) =>
      Object.fromEntries(
        columns.map(({ databaseName, propertyName }) => [databaseName, toJsonValue(row[propertyName])]),
      );
    if (rows.some(({ tenantId }) => tenantId !== transaction.tenantId))
      throw new TypeError('A row of another tenant was inserted.');
    const inserted = await transaction.query<{ id: string }>({
      name: `${this.table}.insert-many`,
      text: `INSERT INTO ${this.table} (${names}) SELECT ${names} FROM jsonb_populate_recordset(NULL::${this.table}, $1)
             ON CONFLICT DO NOTHING RETURNING ${this.column(this.idProperty)} AS id`,
      values: [JSON.stringify(rows.map(toJson))],
    });
    return new Set(inserted.map(({ id }) => id));
  }

  /** Returns the statement that writes a locked row; it returns one row for each that it reached. */
  protected updateStatement(row: Row): Statement {
    const key = this.storedColumns(row, ({ isPrimary }) => isPrimary);
    const changed = this.storedColumns(row, ({ isUpdate, isPrimary }) => isUpdate && !isPrimary);
    return this.writeStatement('update', [...key, ...changed], (names) => {
      const equal = names.map((name, at) => `${name} = $${at + 1}`);
      const [keys, changes] = [equal.slice(0, key.length), equal.slice(key.length)];
      return `UPDATE ${this.table} SET ${changes.join(', ')} WHERE ${keys.join(' AND ')} RETURNING 1`;
    });
  }

  /** Returns the select list of the table's columns under `alias`, each named as its property, for hand-written SQL. */
  columns(alias: string, omitted: readonly Extract<keyof Row, string>[] = []): string {
    this.columnList ??= this.unitOfWork
      .metadata(this.entity)
      .columns.map(({ databaseName, propertyName }) => [propertyName, `%.${databaseName} AS "${propertyName}"`]);
    const names: readonly string[] = omitted;
    const columns = this.columnList.flatMap(([property, column]) => (names.includes(property) ? [] : [column]));
    return columns.join(', ').replaceAll('%', alias);
  }

  /** Tells whether the transaction may reach the row: one of a partner reaches only the rows of that partner. */
  isVisible({ partnerId }: Transaction, row: Row): boolean {
    return partnerId === undefined || !this.columnOf('partnerId') || row.partnerId === partnerId;
  }

  /** Returns the filter of a unit of work of a partner; none for the whole tenant, or if the rows belong to no partner. */
  private partnerCondition(): Condition[] {
    const { partnerId } = this.unitOfWork;
    return partnerId !== undefined && this.columnOf('partnerId') ? equalities({ partnerId }) : [];
  }

  /** Turns a row that was read with `columns` into an entity. */
  protected toEntity(row: object): Row {
    return hydrate(this.entity as { readonly prototype: Row }, row);
  }

  private toEntities(rows: readonly object[]): Row[] {
    return rows.map((row) => this.toEntity(row));
  }

  private async select(transaction: Transaction, ids: readonly string[]): Promise<Row[]> {
    const keys = ids.map((id) => ({ tenantId: transaction.tenantId, id }));
    const rows = (await transaction.query<JsonRow>(this.findStatement(keys))).map(({ row }) => this.fromJson(row));
    return rows.filter((row) => this.isVisible(transaction, row));
  }

  private async selectAll(keys: readonly RowKey[]): Promise<Row[]> {
    const rows = await this.unitOfWork.queryStandalone<JsonRow>(this.findStatement(keys));
    return rows.map(({ row }) => this.fromJson(row));
  }

  /**
   * Selects rows `item` of several tenants, each under its own tenant isolation. A cached plan assumes an average tenant and might scan all
   * its rows, so the query forces a key look-up per row. The text is built once, because pg compares it with the prepared one at each use.
   */
  selectByKeys(name: string, select: string, as = 'item.*'): SelectByKeys {
    const type = String(this.columnOf(this.idProperty)?.type);
    const textFor = (source: string) => `
      SELECT ${as} FROM (SELECT * FROM ${source} AS asked (tenant_id, id) WHERE ${SET_TENANT_OF_ROW} OFFSET 0) wanted
      CROSS JOIN LATERAL (SELECT ${select} ${this.byKey('wanted.tenant_id', 'wanted.id')} LIMIT 1) item`;
    const many = { name, text: textFor(`unnest($1::text[], $2::${type}[])`) };
    // A single key is sent as two scalars, which saves serializing and parsing arrays.
    const one = { name: `${name}-one`, text: textFor(`(VALUES ($1::text, $2::${type}))`) };
    return (keys, ...more) => {
      const [only] = keys;
      if (only && keys.length === 1) return { ...one, values: [only.tenantId, only.id, ...more] };
      return { ...many, values: [keys.map(({ tenantId }) => tenantId), keys.map(({ id }) => id), ...more] };
    };
  }

  /** Returns the names and values of these columns that the row has. */
  private storedColumns(row: Row, isWanted: (column: Column) => boolean): StoredColumn[] {
    const { columns, dataSource } = this.unitOfWork.metadata(this.entity);
    return columns.flatMap((column) => {
      const value: unknown = row[column.propertyName];
      if (value === undefined || !isWanted(column)) return [];
      return [{ name: column.databaseName, value: dataSource.driver.preparePersistentValue(value, column) as unknown }];
    });
  }

  /** Returns the statement that writes these columns, whose text and name are made once, because they are prepared on each connection. */
  private writeStatement(
    action: 'insert' | 'update',
    columns: readonly StoredColumn[],
    textOf: (names: readonly string[]) => string,
  ): Statement {
    const names = columns.map(({ name }) => name);
    const key = [action, ...names].join();
    const known = this.writes.get(key) ?? { name: `${this.table}.${action}-${this.writes.size}`, text: textOf(names) };
    this.writes.set(key, known);
    return { ...known, values: columns.map(({ value }) => value) };
  }

  private byKey(tenantId: string, id: string): string {
    return `WHERE item.${this.column('tenantId')} = ${tenantId} AND item.${this.column(this.idProperty)} = ${id}`;
  }

  /** Replaces properties with columns and named parameters with numbered ones, which `bind` returns in their order. */
  private toSql({ sql, parameters }: Condition, bind: () => string): string {
    const numbers = new Map(Object.keys(parameters).map((name) => [name, bind()]));
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

  /** Returns the column of a property. Columns that are only searched have no property, so conditions name them directly. */
  private column(property: string): string {
    return this.columnOf(property)?.databaseName ?? property;
  }

  private columnOf(property: string) {
    return this.unitOfWork.metadata(this.entity).findColumnWithPropertyName(property);
  }
}

/** Writes bytes in the hexadecimal notation of PostgreSQL, since JSON has no type for them. */
function toJsonValue(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : (value ?? null);
}

/** Returns the type in PostgreSQL of a value that stands before those of the filters. */
function typeOfValue(value: unknown): string {
  return value instanceof Date ? 'timestamptz' : 'text';
}

function fail(message: string): never {
  throw new Error(message);
}

/**
 * Case-insensitive prefix match as a range on stored lower-case columns, which an index serves. The range compares bytes, since in the
 * order of a language it could contain values that begin differently.
 */
export function prefixCondition(columns: readonly string[], prefix: string | undefined): Condition[] {
  if (prefix === undefined) return [];
  const range = (column: string) =>
    `(item.${column} COLLATE "C" >= lower(CAST(:prefix AS text)) AND item.${column} COLLATE "C" < lower(CAST(:prefix AS text)) || chr(1114111))`;
  return [{ sql: columns.map(range).join(' OR '), parameters: { prefix } }];
}

/** Returns one equality per filter that is not undefined. */
export function equalities(filters: Readonly<Record<string, string | boolean | undefined>>): Condition[] {
  return Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([property, value]) => ({ sql: `item.${property} = :${property}`, parameters: { [property]: value } }));
}

/** Returns `equalities` by columns of which each has an index with the columns of the sort order behind it. */
export function indexedEqualities(filters: Readonly<Record<string, string | undefined>>): Condition[] {
  return Object.entries(filters).flatMap(([property, value]) =>
    equalities({ [property]: value }).map((condition) => ({ ...condition, indexed: property })),
  );
}

/** Time range with `from` inclusive and `before` exclusive; an undefined end is open. */
export function range(property: string, from: Date | undefined, before: Date | undefined): Condition[] {
  return [
    ...(from ? [{ sql: `item.${property} >= :${property}From`, parameters: { [`${property}From`]: from } }] : []),
    ...(before
      ? [{ sql: `item.${property} < :${property}Before`, parameters: { [`${property}Before`]: before } }]
      : []),
  ];
}
