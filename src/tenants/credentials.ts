import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import type { KnownTenant } from '../shared/tenancy/authenticator.js';
import { effectivePermissions, withinTenant, type Permission } from '../shared/tenancy/permissions.js';
import { hashApiKey } from './api-key.js';
import { networkFilter } from './networks.js';

/** How long what was read is good for: a revoked key stops working in other processes within 5 seconds. */
const FRESH_MS = 3_000;
const MAX_ENTRIES = 10_000;

/** A genuine key. It may have ended since. */
export interface KnownKey {
  readonly id: string;
  readonly tenant: KnownTenant | null;
  readonly permissions: ReadonlySet<Permission>;
  readonly admits: (address: string) => boolean;
  /** When this secret of it ends; null never. */
  readonly endsAt: Date | null;
}

interface KeyRow {
  id: string;
  tenant_id: string | null;
  role: string | null;
  permissions: string[];
  networks: string[];
  expires_at: Date | null;
  previous_expires_at: Date | null;
  is_current: boolean;
  status: string;
  require_if_match: boolean;
  requests_per_minute: number | null;
}

const FIND_KEY = `
  SELECT k.id, k.tenant_id, k.role, k.permissions, k.networks, k.expires_at, k.previous_expires_at,
         k.key_sha256 = $1 AS is_current, t.status, t.require_if_match, t.requests_per_minute
  FROM api_keys k LEFT JOIN tenants t ON t.id = k.tenant_id
  WHERE (k.key_sha256 = $1 OR k.previous_sha256 = $1) AND k.revoked_at IS NULL`;

const FIND_TENANT = 'SELECT id, status, require_if_match, requests_per_minute FROM tenants WHERE id = $1';

/**
 * Keys and tenants as the database has them, remembered for a moment. Keys are remembered by their digest. `forget` makes
 * this process ask again at once, also for what it is asking at that very moment.
 */
@Injectable()
export class Credentials {
  private readonly keys = new LRUCache<string, KnownKey>({ max: MAX_ENTRIES, ttl: FRESH_MS });
  private readonly tenants = new LRUCache<string, KnownTenant>({ max: MAX_ENTRIES, ttl: FRESH_MS });
  /** Questions under way: many requests with one key ask once. */
  private readonly asking = new Map<string, Promise<unknown>>();
  private epoch = 0;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  findKey(secret: string): Promise<KnownKey | undefined> {
    const digest = hashApiKey(secret);
    return this.remember(this.keys, digest.toString('hex'), async () => {
      const [row] = await this.dataSource.query<KeyRow[]>(FIND_KEY, [digest]);
      return row && toKnownKey(row);
    });
  }

  isFresh(secret: string): boolean {
    return this.keys.has(hashApiKey(secret).toString('hex'));
  }

  findTenant(tenantId: string): Promise<KnownTenant | undefined> {
    return this.remember(this.tenants, tenantId, async () => {
      const [row] = await this.dataSource.query<(KeyRow & { id: string })[]>(FIND_TENANT, [tenantId]);
      return row && toKnownTenant(row.id, row);
    });
  }

  forget(): void {
    this.epoch++;
    this.keys.clear();
    this.tenants.clear();
    this.asking.clear();
  }

  private async remember<T extends object>(
    known: LRUCache<string, T>,
    name: string,
    ask: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const remembered = known.get(name);
    if (remembered) return remembered;
    const underWay = this.asking.get(name) as Promise<T | undefined> | undefined;
    if (underWay) return underWay;
    const { epoch } = this;
    const asked = ask();
    this.asking.set(name, asked);
    try {
      const found = await asked;
      if (found && epoch === this.epoch) known.set(name, found);
      return found;
    } finally {
      if (this.asking.get(name) === asked) this.asking.delete(name);
    }
  }
}

function toKnownKey(row: KeyRow): KnownKey {
  const permissions = effectivePermissions(row.role, row.permissions);
  const tenant = row.tenant_id === null ? null : toKnownTenant(row.tenant_id, row);
  return {
    id: row.id,
    tenant,
    permissions: tenant ? withinTenant(permissions) : permissions,
    admits: networkFilter(row.networks),
    endsAt: earliest(row.expires_at, row.is_current ? null : row.previous_expires_at),
  };
}

function toKnownTenant(id: string, row: Pick<KeyRow, 'status' | 'require_if_match' | 'requests_per_minute'>) {
  return {
    id,
    suspended: row.status !== 'ACTIVE',
    requireIfMatch: row.require_if_match,
    requestsPerMinute: row.requests_per_minute,
  };
}

function earliest(a: Date | null, b: Date | null): Date | null {
  return a && b ? (a < b ? a : b) : (a ?? b);
}
