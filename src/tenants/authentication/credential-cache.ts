import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { CommittedCache } from '../../shared/persistence/committed-cache.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { coalesceReads, paced } from '../../shared/async/coalesce-reads.js';
import { KnownTenants, type KnownTenant, type Principal } from '../../shared/access/authenticator.js';
import { effectivePermissions, withinTenant } from '../../shared/access/permissions.js';
import type { ForeignKeyNormalisation } from '../../shared/foreign-keys.js';
import { withTimeout } from '../../shared/async/with-timeout.js';
import { hashApiKey } from '../api-key.js';
import { networkFilter } from '../networks.js';

/** Lifetime of cached rows: with it a revoked API key stops working in other processes within 5 seconds. */
const CACHE_TTL_MS = 3_000;
const REFRESH_MS = 1_500;
const MAX_ENTRIES = 10_000;
/** Time for which a monitor's API key stays cached while the database does not respond, and time to wait for a response. */
const MONITOR_MS = 24 * 60 * 60 * 1000;
const MONITOR_WAIT_MS = 1_000;

/** A valid API key. Its secret may have expired since the read: see the bounds of the principal. */
export interface CachedKey {
  readonly principal: Principal;
}

interface FoundKey {
  readonly digest: Buffer;
  readonly key: CachedKey;
}

/** Columns of an API key and its tenant, as `keyColumnsSql` selects them. */
export interface KeyRow {
  id: string;
  tenant_id: string | null;
  partner_id: string | null;
  partner_status: string | null;
  role: string | null;
  permissions: string[];
  networks: string[];
  expires_at: Date | null;
  previous_expires_at: Date | null;
  is_current: boolean;
  status: string;
  require_if_match: boolean;
  requests_per_minute: number | null;
  foreign_key_normalisation: ForeignKeyNormalisation;
}

/** Returns the columns of an API key `k`, its tenant `t` and its partner. The parameter is an SQL expression: the digest of the secret shown. */
export function keyColumnsSql(digest: string): string {
  return `k.id, k.tenant_id, k.partner_id, k.role, k.permissions, k.networks, k.expires_at, k.previous_expires_at,
    k.key_sha256 = ${digest} AS is_current, t.status, t.require_if_match, t.requests_per_minute, t.foreign_key_normalisation,
    CASE WHEN k.partner_id IS NOT NULL AND set_config('app.tenant_id', k.tenant_id, true) = k.tenant_id THEN (
      SELECT p.status FROM partners p WHERE p.tenant_id = k.tenant_id AND p.partner_id = k.partner_id) END AS partner_status`;
}

const FIND_KEYS = `
  SELECT asked.digest, ${keyColumnsSql('asked.digest')}
  FROM unnest($1::bytea[]) AS asked (digest)
  JOIN api_keys k ON k.key_sha256 = asked.digest OR k.previous_sha256 = asked.digest
  LEFT JOIN tenants t ON t.id = k.tenant_id
  WHERE k.revoked_at IS NULL`;

const FIND_TENANT =
  'SELECT id, status, require_if_match, requests_per_minute, foreign_key_normalisation FROM tenants WHERE id = $1';

/**
 * Cache of API keys (by digest) and tenants. Keys in use are refreshed by one statement before they expire, so that no request waits for
 * it. Invalidation also discards reads in flight. The API keys of partners are not cached: those of a suspended partner end at once in every
 * process.
 */
@Injectable()
export class CredentialCache extends KnownTenants implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(CredentialCache.name, 'Failed to refresh cached API keys');
  private readonly keys: CommittedCache<CachedKey>;
  private readonly tenants: CommittedCache<KnownTenant>;
  /** Cache names of the API keys in use since the last refresh. */
  private readonly inUse = new Set<string>();
  /** API keys that may read metrics and nothing else: they must work while the database does not. */
  private readonly monitors: CommittedCache<CachedKey>;
  /** Reads in flight: concurrent requests with one API key share a read. */
  private readonly pendingReads = new Map<string, Promise<unknown>>();
  private readonly lookups = this.readGroups((digests) => this.readKeys(digests));
  /** Look-ups for addresses with too many failures. */
  private readonly pacedLookups = this.readGroups(paced((digests) => this.readKeys(digests)));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
  ) {
    super();
    this.keys = new CommittedCache(unitOfWork, { max: MAX_ENTRIES, ttl: CACHE_TTL_MS });
    this.tenants = new CommittedCache(unitOfWork, { max: MAX_ENTRIES, ttl: CACHE_TTL_MS });
    this.monitors = new CommittedCache(unitOfWork, { max: MAX_ENTRIES, ttl: MONITOR_MS });
  }

  onApplicationBootstrap(): void {
    this.task.every(REFRESH_MS, () => this.refresh());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Reads the API key, cached or not. A paced look-up waits until other paced look-ups can share its statement. */
  async findKey(secret: string, paced = false): Promise<CachedKey | undefined> {
    const digest = hashApiKey(secret);
    const name = nameOf(digest);
    const read = async () => (await (paced ? this.pacedLookups : this.lookups).add(digest))?.key;
    const joins = this.pendingReads.has(name);
    const pending = this.getOrRead(this.keys, name, cacheable, async () => {
      const fill = this.monitors.beginFill();
      const key = await read();
      fill.put(name, key && isMonitor(key) ? key : undefined);
      return key;
    });
    const monitor = this.monitors.get(name);
    const key = await (monitor ? this.withMonitorFallback(pending, monitor) : pending);
    // A read that another request began may be older than the suspension of the partner.
    return joins && key?.principal.partner ? read() : key;
  }

  /** Returns the cached API key. */
  getCachedKey(secret: string): CachedKey | undefined {
    const name = nameOf(hashApiKey(secret));
    const key = this.keys.get(name);
    if (key) this.inUse.add(name);
    return key;
  }

  /** Refreshes the API keys in use. A key that was revoked since the last read is invalidated. */
  async refresh(): Promise<void> {
    const fill = this.keys.beginFill();
    const names = [...this.inUse];
    this.inUse.clear();
    if (names.length === 0) return;
    const found = await this.readKeys(names.map((name) => Buffer.from(name, 'latin1')));
    for (const name of names) fill.put(name, undefined);
    for (const { digest, key } of found) fill.put(nameOf(digest), cacheable(key));
  }

  findTenant(tenantId: string): Promise<KnownTenant | undefined> {
    const always = (tenant: KnownTenant) => tenant;
    return this.getOrRead(this.tenants, tenantId, always, async () => {
      const [row] = await this.dataSource.query<(KeyRow & { id: string })[]>(FIND_TENANT, [tenantId]);
      return row && toKnownTenant(row.id, row);
    });
  }

  invalidate(): void {
    this.keys.invalidate();
    this.tenants.invalidate();
    // A monitor stays cached until the database replaces it, but a read in flight must not restore a revoked one.
    this.monitors.invalidate([]);
    this.unitOfWork.whenEnded(() => {
      this.inUse.clear();
      this.pendingReads.clear();
    });
  }

  private readGroups(read: (digests: readonly Buffer[]) => Promise<readonly FoundKey[]>) {
    return coalesceReads<Buffer, FoundKey>(nameOf, ({ digest }) => digest, read);
  }

  private async readKeys(digests: readonly Buffer[]): Promise<FoundKey[]> {
    const rows = await this.dataSource.query<(KeyRow & { digest: Buffer })[]>(FIND_KEYS, [digests]);
    return rows.map((row) => ({ digest: row.digest, key: { principal: toKeyPrincipal(row) } }));
  }

  /** Returns the result of the read; while the database does not respond, the cached monitor. */
  private async withMonitorFallback(
    pending: Promise<CachedKey | undefined>,
    monitor: CachedKey,
  ): Promise<CachedKey | undefined> {
    const result = await withTimeout(
      MONITOR_WAIT_MS,
      pending.then((key) => ({ key })),
    ).catch(() => undefined);
    return result ? result.key : monitor;
  }

  private async getOrRead<T extends object>(
    cache: CommittedCache<T>,
    name: string,
    toCached: (value: T) => T | undefined,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const cached = cache.get(name);
    if (cached) return cached;
    const inFlight = this.pendingReads.get(name) as Promise<T | undefined> | undefined;
    if (inFlight) return inFlight;
    const fill = cache.beginFill();
    const pending = read();
    this.pendingReads.set(name, pending);
    try {
      const found = await pending;
      fill.put(name, found && toCached(found));
      return found;
    } finally {
      if (this.pendingReads.get(name) === pending) this.pendingReads.delete(name);
    }
  }
}

/** Returns the digest as a map key: a string with one character per byte. */
function nameOf(digest: Buffer): string {
  return digest.toString('latin1');
}

/** Returns the principal of an API key. */
export function toKeyPrincipal(row: KeyRow): Principal {
  const permissions = effectivePermissions(row.role, row.permissions);
  const tenant = row.tenant_id === null ? null : toKnownTenant(row.tenant_id, row);
  return {
    subject: { type: tenant ? 'api_key' : 'platform_key', id: row.id, via: 'rest' },
    tenant,
    permissions: tenant ? withinTenant(permissions) : permissions,
    partner: row.partner_id === null ? undefined : { id: row.partner_id, approved: row.partner_status === 'APPROVED' },
    // A replaced secret expires with the overlap, and so must the API keys that it creates.
    bounds: {
      networks: row.networks,
      expiresAt: earliest(row.expires_at, row.is_current ? null : row.previous_expires_at),
    },
    admits: networkFilter(row.networks),
  };
}

/** Returns the API key if it may be cached. */
function cacheable(key: CachedKey): CachedKey | undefined {
  return key.principal.partner ? undefined : key;
}

function isMonitor({ principal: { permissions } }: CachedKey): boolean {
  return permissions.size === 1 && permissions.has('metrics:read');
}

type TenantRow = Pick<KeyRow, 'status' | 'require_if_match' | 'requests_per_minute' | 'foreign_key_normalisation'>;

export function toKnownTenant(id: string, row: TenantRow): KnownTenant {
  return {
    id,
    suspended: row.status !== 'ACTIVE',
    requireIfMatch: row.require_if_match,
    requestsPerMinute: row.requests_per_minute,
    foreignKeyNormalisation: row.foreign_key_normalisation,
  };
}

function earliest(a: Date | null, b: Date | null): Date | null {
  return a && b ? (a < b ? a : b) : (a ?? b);
}
