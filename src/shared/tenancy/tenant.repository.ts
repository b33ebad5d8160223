import type { EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import type { UnitOfWork } from '../events/unit-of-work.js';
import type { PageRequest } from '../http/paging.js';

/** What every row of a tenant has. */
export interface TenantRow extends ObjectLiteral {
  readonly tenantId: string;
  readonly createdAt: Date;
}

/** Narrows a list: SQL over the alias `item`, with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: ObjectLiteral;
}

/**
 * Rows of one table, reached only through a tenant: every call takes it first and applies it last, and runs in the
 * tenant's unit of work, so that row-level security stands behind it. There is no `save()`, which would move another
 * tenant's row by its id, and no `where` that could be empty.
 */
export abstract class TenantRepository<Row extends TenantRow> {
  private columnList: string | undefined;

  protected constructor(
    private readonly entity: EntityTarget<Row>,
    /** The property that with the tenant makes the primary key. */
    private readonly idProperty: Extract<keyof Row, string>,
    protected readonly unitOfWork: UnitOfWork,
  ) {}

  async find(tenantId: string, id: string): Promise<Row | null> {
    return (await this.read(tenantId, 'find', `= $2`, id))[0] ?? null;
  }

  /** Locks the row until the unit of work ends, so that what is read can be changed without losing another change. */
  async findForUpdate(tenantId: string, id: string): Promise<Row | null> {
    return (await this.read(tenantId, 'find-for-update', '= $2', id, 'FOR NO KEY UPDATE'))[0] ?? null;
  }

  findMany(tenantId: string, ids: readonly string[]): Promise<Row[]> {
    return this.read(tenantId, 'find-many', '= ANY($2)', [...ids]);
  }

  /** Newest first, one row more than the page holds. */
  list(tenantId: string, conditions: readonly Condition[], { limit, after }: PageRequest): Promise<Row[]> {
    return this.select(tenantId, (query) => {
      for (const { sql, parameters } of conditions) query.andWhere(`(${sql})`, parameters);
      if (after) query.andWhere(`(item.createdAt, item.${this.idProperty}) < (:cursorTime, :cursorId)`, cursor(after));
      return query
        .orderBy('item.createdAt', 'DESC')
        .addOrderBy(`item.${this.idProperty}`, 'DESC')
        .limit(limit + 1)
        .getMany();
    });
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
    return Object.assign(this.unitOfWork.metadata(this.entity).create() as Row, row);
  }

  /** In plain SQL: PostgreSQL keeps the plan, and several tenants may share the transaction. */
  private read(tenantId: string, name: string, whereId: string, id: unknown, lock = ''): Promise<Row[]> {
    const { tableName } = this.unitOfWork.metadata(this.entity);
    const statement = {
      name: `${tableName}.${name}`,
      text: `SELECT ${this.columns('item')} FROM ${tableName} item
             WHERE item.${this.column('tenantId')} = $1 AND item.${this.column(this.idProperty)} ${whereId} ${lock}`,
      values: [tenantId, id],
    };
    return this.unitOfWork.run(tenantId, async (transaction) =>
      (await transaction.query(statement)).map((row) => this.toEntity(row)),
    );
  }

  private column(property: string): string {
    const column = this.unitOfWork.metadata(this.entity).findColumnWithPropertyName(property);
    if (!column) throw new Error(`There is no column for ${property}.`);
    return column.databaseName;
  }

  private select<T>(tenantId: string, read: (query: SelectQueryBuilder<Row>) => Promise<T>): Promise<T> {
    return this.unitOfWork.run(tenantId, ({ manager }) =>
      read(manager.createQueryBuilder(this.entity, 'item').where('item.tenantId = :tenantId', { tenantId })),
    );
  }
}

function cursor(after: NonNullable<PageRequest['after']>): ObjectLiteral {
  return { cursorTime: after.createdAt, cursorId: after.id };
}

/** True for what begins with the text, in upper or lower case: a range on stored lower-case columns, which an index serves. */
export function prefixCondition(columns: readonly string[], prefix: string | undefined): Condition[] {
  if (prefix === undefined) return [];
  const range = (column: string) =>
    `(item.${column} ~>=~ lower(CAST(:prefix AS text)) AND item.${column} ~<~ (lower(CAST(:prefix AS text)) || chr(1114111)))`;
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
