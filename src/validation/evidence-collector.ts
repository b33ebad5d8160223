import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { DeviceReader, FindSeatReleaseQuery } from '../activations/index.js';
import { KEY_OWNER_SQL, LicenseReader, licenseKeyDigest, type License } from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import { coalesceReads } from '../shared/async/coalesce-reads.js';
import { DATABASE_TIME } from '../database/database-time.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Secrets } from '../shared/secrets/secrets.js';
import { Clock } from '../shared/time/clock.js';
import { ValidationSigner, type SigningKey } from '../signing/index.js';
import { currentPeriods, toCurrentUsage, usageSql, type PeriodUsage } from '../usage/index.js';
import { missingSeats, type Evidence, type EvaluationRequest } from './evaluation.js';

/** License with the device that asks and the usage, all from one statement. */
export interface StoredEvidence extends Pick<Evidence, 'license' | 'activation' | 'usage'> {
  /** Key that signs the result, if that was asked for and the tenant has one. */
  readonly signingKey: SigningKey | undefined;
  /** Time as of which seats and usage were read. */
  readonly now: Date;
  /** Time of performance.now() before the read: what ended earlier was seen. */
  readonly readFrom: number;
}

/** Options of a read by license key. */
interface EvidenceOptions {
  /** Tenant that the license must belong to; undefined: any. */
  readonly tenantId?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Whether to read the key that signs. */
  readonly signed?: boolean;
}

interface PresentedKey extends EvidenceOptions {
  readonly digest: Buffer;
}

interface FoundEvidence extends StoredEvidence {
  readonly key: PresentedKey;
}

interface EvidenceRow {
  /** Number of the asked row, from 1. */
  readonly position: number;
  readonly license: Record<string, unknown>;
  readonly activation: Record<string, unknown> | null;
  readonly usages: readonly PeriodUsage[] | null;
  /** Database time of the read. */
  readonly readAt: number;
  readonly signingKey: Record<string, unknown> | null;
}

/** Columns that no validation reads. */
const UNREAD = ['pricing', 'metadata'] as const satisfies readonly (keyof License)[];

/** The rows of `asked` with the tenant and the license of their license key. A key of a tenant that is not asked for is not found. */
const byKey = (asked: string) => `
  SELECT position, owner.tenant_id, owner.license_id, fingerprint, signed
  FROM ${asked} AS asked (digest, tenant_id, fingerprint, signed, position) ${KEY_OWNER_SQL}
  WHERE owner.tenant_id = coalesce(asked.tenant_id, owner.tenant_id) OFFSET 0`;

/** Reads the evidence of a validation: license with its seats in use, device, usage and signing key in one statement, so of one snapshot. */
@Injectable()
export class EvidenceCollector {
  private readonly reads = coalesceReads<PresentedKey, FoundEvidence>(
    ({ digest, tenantId = '', fingerprint = '', signed = false }) =>
      `${digest.toString('hex')} ${tenantId} ${signed} ${fingerprint}`,
    ({ key }) => key,
    (keys) => this.readByKeys(keys),
  );

  private readonly findByKeys = {
    name: 'evidence.find-by-keys',
    text: this.statementOf(byKey('unnest($1::bytea[], $2::text[], $3::text[], $4::boolean[]) WITH ORDINALITY')),
  };
  /** A single key is sent as scalars, which saves serializing and parsing arrays. */
  private readonly findByOneKey = {
    name: 'evidence.find-by-keys-one',
    text: this.statementOf(byKey('(VALUES ($1::bytea, $2::text, $3::text, $4::boolean, 1))')),
  };
  private readonly findById = {
    name: 'evidence.find-by-id',
    text: this.statementOf(
      'SELECT 1 AS position, $1::text AS tenant_id, $2::uuid AS license_id, $3::text AS fingerprint, $4::boolean AS signed',
    ),
  };

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly licenses: LicenseReader,
    private readonly devices: DeviceReader,
    private readonly signer: ValidationSigner,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns the evidence of a license key, of this tenant if one is given; null if there is none. Shares a statement with other reads that
   * arrive meanwhile.
   */
  findByLicenseKey(licenseKey: string, options: EvidenceOptions): Promise<StoredEvidence | null> {
    return this.reads.add({ digest: licenseKeyDigest(this.secrets, licenseKey), ...options });
  }

  /** Returns the evidence of a license; undefined if it does not exist. */
  async findByLicenseId(
    tenantId: string,
    licenseId: string,
    fingerprint?: string,
  ): Promise<StoredEvidence | undefined> {
    const [found] = await this.read(this.findById, [tenantId, licenseId, fingerprint, false]);
    return found;
  }

  /** Adds the seat release, read only if the device has no seat and all are taken, so that other validations cost no second statement. */
  async complete(
    { license, activation, usage }: StoredEvidence,
    request: EvaluationRequest,
    rest: Pick<Evidence, 'tenantSuspended' | 'context'>,
  ): Promise<Evidence> {
    const evidence = { license, activation, usage, ...rest };
    const missing = missingSeats(request, evidence);
    const { fingerprint } = request;
    if (missing === 0 || fingerprint === undefined) return evidence;
    const actor = Actor.forLicenseKey(license.tenantId, license.licenseId);
    const { now } = rest.context;
    const release = await this.queries.execute(new FindSeatReleaseQuery(actor, license, fingerprint, missing, now));
    return { ...evidence, release };
  }

  private async readByKeys(keys: readonly PresentedKey[]): Promise<FoundEvidence[]> {
    const asked = [
      keys.map(({ digest }) => digest),
      keys.map(({ tenantId }) => tenantId),
      keys.map(({ fingerprint }) => fingerprint),
      keys.map(({ signed = false }) => signed),
    ];
    const found =
      keys.length === 1 ? await this.read(this.findByOneKey, asked.flat()) : await this.read(this.findByKeys, asked);
    return found.flatMap(({ position, ...evidence }) => {
      const key = keys[position - 1];
      return key ? [{ key, ...evidence }] : [];
    });
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
      const license = this.licenses.fromJson(row.license);
      const activation = row.activation ? this.devices.fromJson(row.activation) : undefined;
      return {
        position: row.position,
        license,
        activation,
        usage: toCurrentUsage(license, row.usages ?? [], now),
        signingKey: row.signingKey ? this.signer.fromJson(row.signingKey) : undefined,
        now,
        readFrom,
      };
    });
  }

  /** Returns the statement for rows of position, tenant, license, fingerprint and `signed`. $5 is the time, $6 the periods of usage. */
  private statementOf(asked: string): string {
    const [tenantId, licenseId] = ['wanted.tenant_id', 'wanted.license_id'];
    return `
      SELECT wanted.position::int AS position, ${DATABASE_TIME} AS "readAt", row_to_json(license) AS license,
        (SELECT row_to_json(device) FROM (${this.devices.selectSql(tenantId, licenseId, 'wanted.fingerprint')}) device) AS activation,
        CASE WHEN license.features <> '[]' THEN (${usageSql(tenantId, licenseId, '$6::timestamptz[]')}) END AS usages,
        CASE WHEN wanted.signed THEN (SELECT row_to_json(key) FROM (${this.signer.selectSql(tenantId)}) key) END AS "signingKey"
      FROM (SELECT * FROM (${asked}) AS owned WHERE ${SET_TENANT_OF_ROW} OFFSET 0) wanted
      CROSS JOIN LATERAL (${this.licenses.selectSql(tenantId, licenseId, '$5::timestamptz', UNREAD)} LIMIT 1) license`;
  }
}
