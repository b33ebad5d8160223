import type pg from 'pg';
import { OutcomeUnknownError } from '../database/database.errors.js';
import { isConnectionLoss } from '../database/sql-errors.js';
import { newId } from '../shared/random.js';
import { EVERY_PERMISSION, type PlatformRole } from '../shared/access/permissions.js';
import { isTenantId } from '../shared/tenant-id.js';
import { apiKeyPrefix, hashApiKey } from './api-key.js';

/** Name of the API key that the registry gives a tenant. */
export const ADMIN_KEY_NAME = 'admin';

/** The tenant or API key cannot be created as requested. */
export class TenantRegistryError extends Error {}

export interface TenantSummary {
  readonly id: string;
  readonly status: string;
  readonly created_at: Date;
  readonly active_keys: number;
}

/**
 * Creates tenants, admin keys and platform keys as the owner role, for the command line and the first start. Each change throws
 * OutcomeUnknownError if the connection is lost during its COMMIT.
 */
export class TenantRegistry {
  constructor(private readonly owner: pg.ClientBase) {}

  async isEmpty(): Promise<boolean> {
    const { rowCount } = await this.owner.query('SELECT 1 FROM tenants LIMIT 1');
    return rowCount === 0;
  }

  async exists(tenantId: string): Promise<boolean> {
    const { rowCount } = await this.owner.query('SELECT 1 FROM tenants WHERE id = $1', [tenantId]);
    return rowCount === 1;
  }

  /** Creates tenant and admin key in one transaction. Throws TenantRegistryError. */
  async create(tenantId: string, adminKey: string, now: Date): Promise<void> {
    if (!isTenantId(tenantId)) {
      throw new TenantRegistryError(
        `"${String(tenantId)}" is not a tenant id: 1 to 63 letters, digits, _ and -, beginning with a letter or digit.`,
      );
    }
    await this.inTransaction(async () => {
      const { rowCount } = await this.owner.query(
        'INSERT INTO tenants (id, created_at, updated_at) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING',
        [tenantId, now],
      );
      if (rowCount !== 1) throw new TenantRegistryError(`There is already a tenant ${tenantId}.`);
      await this.insertAdminKey(tenantId, adminKey, now);
    });
  }

  /** Creates an admin key and revokes every earlier admin key of the tenant. Throws TenantRegistryError. */
  async replaceAdminKey(tenantId: string, adminKey: string, now: Date): Promise<void> {
    await this.inTransaction(async () => {
      const { rowCount } = await this.owner.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]);
      if (rowCount !== 1) throw new TenantRegistryError(`There is no tenant ${tenantId}.`);
      await this.owner.query(
        `UPDATE api_keys SET revoked_at = $2, updated_at = $2, version = version + 1
         WHERE tenant_id = $1 AND name = $3 AND revoked_at IS NULL`,
        [tenantId, now, ADMIN_KEY_NAME],
      );
      await this.insertAdminKey(tenantId, adminKey, now);
    });
  }

  /** Creates a platform key and revokes the previous one of this name. */
  async replacePlatformKey(name: string, role: PlatformRole, key: string, now: Date): Promise<void> {
    await this.inTransaction(async () => {
      await this.revokePlatformKeys(name, now);
      await this.owner.query(
        `INSERT INTO api_keys (id, name, role, permissions, key_sha256, key_prefix, created_at, updated_at)
         VALUES ($1, $2, $3, '{}', $4, $5, $6, $6)`,
        [newId(), name, role, hashApiKey(key), apiKeyPrefix(key), now],
      );
    });
  }

  /** Throws TenantRegistryError. */
  async revokePlatformKey(name: string, now: Date): Promise<void> {
    if (!(await this.revokePlatformKeys(name, now))) throw new TenantRegistryError(`There is no platform key ${name}.`);
  }

  async list(): Promise<TenantSummary[]> {
    const { rows } = await this.owner.query<TenantSummary>(
      `SELECT t.id, t.status, t.created_at, count(k.id) FILTER (WHERE k.revoked_at IS NULL)::int AS active_keys
       FROM tenants t LEFT JOIN api_keys k ON k.tenant_id = t.id GROUP BY t.id ORDER BY t.id`,
    );
    return rows;
  }

  private async revokePlatformKeys(name: string, now: Date): Promise<number | null> {
    const { rowCount } = await this.owner.query(
      `UPDATE api_keys SET revoked_at = $2, updated_at = $2, version = version + 1
       WHERE tenant_id IS NULL AND name = $1 AND revoked_at IS NULL`,
      [name, now],
    );
    return rowCount;
  }

  private async insertAdminKey(tenantId: string, key: string, now: Date): Promise<void> {
    await this.owner.query(
      `INSERT INTO api_keys (id, tenant_id, name, role, permissions, key_sha256, key_prefix, created_at, updated_at)
       VALUES ($1, $2, $3, 'admin', $4, $5, $6, $7, $7)`,
      [newId(), tenantId, ADMIN_KEY_NAME, [EVERY_PERMISSION], hashApiKey(key), apiKeyPrefix(key), now],
    );
  }

  private async inTransaction(work: () => Promise<void>): Promise<void> {
    await this.owner.query('BEGIN');
    try {
      await work();
    } catch (error) {
      // The session may be lost; its end rolls back, too.
      await this.owner.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
    await this.owner.query('COMMIT').catch((error: unknown) => {
      throw isConnectionLoss(error) ? new OutcomeUnknownError(error) : error;
    });
  }
}
