import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { DeviceReader, FindSeatReleaseQuery, readActivation } from '../activations/index.js';
import {
  KEY_OWNER_SQL,
  LicenseReader,
  licenseKeyDigests,
  readLicense,
  type KeyTenant,
  type LicenseKeyDigests,
  type License,
} from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import { KnownTenants } from '../shared/access/authenticator.js';
import { Coalescer, type Outcome } from '../shared/async/coalescer.js';
import { DATABASE_TIME } from '../database/database-time.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { isTenantId } from '../shared/tenant-id.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Secrets } from '../shared/secrets/secrets.js';
import { Clock } from '../shared/time/clock.js';
import { readSigningKey, ValidationSigner, type SigningKey } from '../signing/index.js';
import { currentPeriods, toCurrentUsage, usageSql, type PeriodUsage } from '../usage/index.js';
import { missingSeats, type Evidence, type EvaluationRequest } from './evaluation.js';

/** License with the device that asks and the usage, all from one statement. */
export interface StoredEvidence extends Pick<Evidence, 'license' | 'activation' | 'isBlocked' | 'usage'> {
  /** End of the license key that was presented, if another one replaced it; null: it is the current one. */
  readonly keyValidUntil: Date | null;
  /** Key that signs the result, if that was asked for and the tenant has one. */
  readonly signingKey: SigningKey | undefined;
  /** Time as of which seats and usage were read. */
  readonly now: Date;
  /** Time of performance.now() before the read: what ended earlier was seen. */
  readonly readFrom: number;
}

/** Options of a read by license key. */
interface EvidenceOptions {
  /** Tenant of the API key of the request, which the license must belong to; undefined: none. */
  readonly tenantId?: string | undefined;
  /** Tenant in the body, not validated. */
  readonly namedTenantId?: unknown;
  readonly fingerprint?: string | undefined;
  /** Whether to read the key that signs. */
  readonly signed?: boolean;
}

interface PresentedKey extends LicenseKeyDigests, Omit<EvidenceOptions, 'namedTenantId'> {}

interface EvidenceRow {
  /** Number of the asked row, from 1. */
  readonly position: number;
  readonly license: Record<string, unknown>;
  readonly activation: Record<string, unknown> | null;
  /** Null where the license has no blocked devices, or not this one. */
  readonly blocked: true | null;
  readonly usages: readonly PeriodUsage[] | null;
  readonly keyValidUntil: Date | null;
  /** Database time of the read. */
  readonly readAt: number;
  readonly signingKey: Record<string, unknown> | null;
}

/** Most license keys of a statement. */
const MAX_GROUP_SIZE = 100;

/** Columns that no validation reads. */
// oxfmt-ignore
const UNREAD: readonly Extract<keyof License, string>[] = [
  'pricing', 'metadata', 'externalId', 'licenseKeyLastFour', 'customerId', 'templateId', 'templateVersion', 'trialCustomerId',
  'trialProductId', 'editedTerms', 'overrides', 'nextDueAt', 'orderId', 'heldBySubscription', 'poolId', 'createdAt', 'updatedAt',
];

/** The rows of `asked` with the tenant and the license of their license key. A key of a tenant that is not asked for is not found. */
const byKey = (asked: string) => `
  SELECT position, owner.tenant_id, owner.license_id, owner.valid_until, fingerprint, signed
  FROM ${asked} AS asked (digest, foreign_digest, tenant_id, fingerprint, signed, position) ${KEY_OWNER_SQL} OFFSET 0`;

/** Reads the evidence of a validation: license with its seats in use, device, usage and signing key in one statement, so of one snapshot. */
@Injectable()
export class EvidenceCollector {
  /** A statement is sent after all its reads have arrived, so each sees everything committed before it. */
  private readonly reads = new Coalescer<PresentedKey, StoredEvidence | null>({
    maxGroupSize: MAX_GROUP_SIZE,
    maxInFlight: 1,
    run: (keys) => this.readByKeys(keys),
  });

  private readonly findByKeys = this.byKeys(
    'evidence.find-by-keys',
    'unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::boolean[]) WITH ORDINALITY',
  );
  /** A single key is sent as scalars, which saves serializing and parsing arrays. */
  private readonly findByOneKey = this.byKeys(
    'evidence.find-by-keys-one',
    '(VALUES ($1::bytea, $2::bytea, $3::text, $4::text, $5::boolean, 1))',
  );
  private readonly findById = {
    name: 'evidence.find-by-id',
    text: this.statementOf(
      'SELECT 1 AS position, $1::text AS tenant_id, $2::uuid AS license_id, NULL::timestamptz AS valid_until, $3::text AS fingerprint',
      { now: 4 },
    ),
  };

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly licenses: LicenseReader,
    private readonly devices: DeviceReader,
    private readonly signer: ValidationSigner,
    private readonly tenants: KnownTenants,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns the evidence of a license key, of the tenant if one is named; null if there is none. Shares a statement with other reads that
   * arrive meanwhile. Imported keys are found only for a named tenant.
   */
  findByLicenseKey(licenseKey: string, options: EvidenceOptions): Promise<StoredEvidence | null> {
    const { namedTenantId, ...rest } = options;
    if (options.tenantId === undefined && namedTenantId === undefined) return this.find(licenseKey, undefined, rest);
    return this.findOfTenant(licenseKey, options);
  }

  private async findOfTenant(licenseKey: string, { namedTenantId, ...options }: EvidenceOptions) {
    const id = options.tenantId ?? namedTenantId;
    if (!isTenantId(id) || (namedTenantId !== undefined && namedTenantId !== id)) return null;
    const tenant = await this.tenants.findTenant(id);
    return tenant ? this.find(licenseKey, tenant, { ...options, tenantId: id }) : null;
  }

  private find(licenseKey: string, tenant: KeyTenant | undefined, options: EvidenceOptions) {
    return this.reads.add({ ...licenseKeyDigests(this.secrets, licenseKey, tenant), ...options });
  }

  /** Returns the evidence of a license; undefined if it does not exist. */
  async findByLicenseId(
    tenantId: string,
    licenseId: string,
    fingerprint?: string,
  ): Promise<StoredEvidence | undefined> {
    const [found] = await this.read(this.findById, [tenantId, licenseId, fingerprint]);
    return found;
  }

  /** Adds the seat release, read only if the device has no seat and all are taken, so that other validations cost no second statement. */
  async complete(
    { license, activation, isBlocked, usage, keyValidUntil }: StoredEvidence,
    request: EvaluationRequest,
    rest: Pick<Evidence, 'tenantSuspended' | 'context'>,
  ): Promise<Evidence> {
    const evidence = { license, activation, isBlocked, usage, keyValidUntil, ...rest };
    const missing = missingSeats(request, evidence);
    const { fingerprint } = request;
    if (missing === 0 || fingerprint === undefined) return evidence;
    const actor = Actor.forLicenseKey(license.tenantId, license.licenseId);
    const { now } = rest.context;
    const release = await this.queries.execute(new FindSeatReleaseQuery(actor, license, fingerprint, missing, now));
    return { ...evidence, release };
  }

  private async readByKeys(keys: readonly PresentedKey[]): Promise<Outcome<StoredEvidence | null>[]> {
    const asked = [
      keys.map(({ own }) => own),
      keys.map(({ foreign }) => foreign),
      keys.map(({ tenantId }) => tenantId),
      keys.map(({ fingerprint }) => fingerprint),
      keys.map(({ signed = false }) => signed),
    ];
    const statements = keys.length === 1 ? this.findByOneKey : this.findByKeys;
    const statement = keys.some(({ signed }) => signed) ? statements.signed : statements.unsigned;
    const found = await this.read(statement, keys.length === 1 ? asked.flat() : asked);
    const byPosition = new Map(found.map((evidence) => [evidence.position, evidence]));
    return keys.map((_, at) => ({ result: byPosition.get(at + 1) ?? null }));
  }

  private async read(statement: { readonly name: string; readonly text: string }, asked: readonly unknown[]) {
    const now = this.clock.now();
    const values = [...asked, now, currentPeriods(now)];
    const readFrom = performance.now();
    const { databaseClock } = this.unitOfWork;
    const sentAt = databaseClock.sendingAt;
    const rows = await this.unitOfWork.queryStandalone<EvidenceRow>({ ...statement, values });
    // The clock is then later than every change that was read, as after a lock.
    if (rows[0]) databaseClock.observe(rows[0].readAt, sentAt);
    return rows.map((row) => {
      const license = readLicense(row.license);
      return {
        position: row.position,
        license,
        activation: row.activation ? readActivation(row.activation) : undefined,
        isBlocked: row.blocked === true,
        keyValidUntil: row.keyValidUntil,
        usage: toCurrentUsage(license, row.usages ?? [], now),
        signingKey: row.signingKey ? readSigningKey(row.signingKey) : undefined,
        now,
        readFrom,
      };
    });
  }

  /** Returns the statements for rows `asked`. The one without signing keys costs each execution less, because the other plans for them. */
  private byKeys(name: string, asked: string) {
    return {
      unsigned: { name, text: this.statementOf(byKey(asked), { now: 6 }) },
      signed: { name: `${name}-signed`, text: this.statementOf(byKey(asked), { now: 6, isSigned: true }) },
    };
  }

  /**
   * Returns the statement for rows of position, tenant, license, end of its key and fingerprint, and of `signed` to read signing keys. The
   * time is the parameter with the number `now`, followed by the periods of usage.
   */
  private statementOf(asked: string, { now, isSigned = false }: { readonly now: number; readonly isSigned?: boolean }) {
    const [tenantId, licenseId] = ['wanted.tenant_id', 'wanted.license_id'];
    return `
      SELECT wanted.position::int AS position, ${DATABASE_TIME} AS "readAt", wanted.valid_until AS "keyValidUntil", row_to_json(license) AS license,
        (SELECT row_to_json(device) FROM (${this.devices.selectSql(tenantId, licenseId, 'wanted.fingerprint')}) device) AS activation,
        CASE WHEN license."blockedDevices" > 0 THEN (${this.devices.isBlockedSql(tenantId, licenseId, 'wanted.fingerprint')}) END AS blocked,
        CASE WHEN license.features <> '[]' THEN (${usageSql(tenantId, licenseId, `$${now + 1}::timestamptz[]`)}) END AS usages,
        ${isSigned ? `CASE WHEN wanted.signed THEN (SELECT row_to_json(key) FROM (${this.signer.selectSql(tenantId)}) key) END` : 'NULL'} AS "signingKey"
      FROM (SELECT * FROM (${asked}) AS owned WHERE ${SET_TENANT_OF_ROW} OFFSET 0) wanted
      CROSS JOIN LATERAL (${this.licenses.selectSql(tenantId, licenseId, `$${now}::timestamptz`, UNREAD)} LIMIT 1) license`;
  }
}

/** Tells whether the license key that was presented has ended, because another one replaced it. */
export function isKeyReplaced({ keyValidUntil, now }: StoredEvidence): boolean {
  return keyValidUntil !== null && keyValidUntil <= now;
}
