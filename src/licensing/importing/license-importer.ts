import { HttpException, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  CustomerInactiveError,
  CustomerNotFoundError,
  ImportCustomersCommand,
  type CustomerPlan,
} from '../../customers/index.js';
import { isDataError } from '../../database/sql-errors.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidFieldError } from '../../shared/errors.js';
import type { IdempotencyClaim } from '../../shared/persistence/idempotency-claim.js';
import { Idempotency, type ReadResult } from '../../shared/persistence/idempotency.js';
import { lockImportSettings, type ImportSettings } from '../../shared/persistence/tenant-lock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { isTrialType } from '../../templates/index.js';
import { LicenseImportedEvent } from '../events/license-imported.event.js';
import { IMPORTED, LicenseExpiredEvent } from '../events/license-timer.events.js';
import { PoolAllowance, type LockedPools, type PoolGrant, type PoolRequest } from '../issuing/pool-allowance.js';
import { foreignKeyDigest, lastFour, lastFourOfForeign, LicenseKeySource, ownKeyDigest } from '../keys/license-key.js';
import { License } from '../license.entity.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import { assertImportAllowed } from '../partner-allowance.js';
import {
  assertIdentified,
  externalKey,
  identify,
  keysOf,
  type IdentifiedLine,
  type NumberedLine,
} from './identified-line.js';
import { assertDevicesFit, assertKeyAllowed, assertPast } from './import-checks.js';
import { ImportLicensesCommand, type ImportOptions, type ImportOutcome } from './import-licenses.command.js';
import type { ImportLine } from './import-line.requests.js';
import { ImportTemplates, type TemplatesOfLines } from './import-templates.js';
import { ImportRepository, trialKey, type ImportedLicense, type KnownLicenses } from './import.repository.js';
import { ImportConflictError } from './import.errors.js';
import { ImportedDevices, type LicenseDevices } from './imported-devices.js';
import { SeenLines } from './seen-lines.js';

/** Values that decide the lines of one transaction. */
interface Chunk {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly settings: ImportSettings;
  readonly templates: TemplatesOfLines;
  readonly pools: LockedPools;
  readonly known: KnownLicenses;
  /** Readers of the results that lines with an idempotency key had before; undefined: no line has one. */
  readonly claimed: ReadonlyMap<IdempotencyClaim, ReadResult> | undefined;
  readonly seen: SeenLines;
  readonly now: Date;
}

/** License that is to be stored, with the id of its line. */
type Prepared = ImportedLicense & LicenseDevices & { readonly identified: IdentifiedLine };

/** Imports the lines of one transaction, which locks the tenant: of two imports at once the second one knows what the first stored. */
@Injectable()
export class LicenseImporter {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly templates: ImportTemplates,
    private readonly repository: ImportRepository,
    private readonly devices: ImportedDevices,
    private readonly pools: PoolAllowance,
    private readonly idempotency: Idempotency,
    private readonly secrets: Secrets,
    private readonly licenseKeys: LicenseKeySource,
    private readonly clock: Clock,
  ) {}

  /** Imports the lines one by one if the database refuses one of them, so that each has a result of its own. */
  async importAll(
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLines,
  ): Promise<ImportOutcome[]> {
    try {
      return await this.importTogether(actor, lines, options, seen);
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      const [only] = lines;
      if (lines.length === 1 && only) return [{ line: only.number, outcome: 'REFUSED', error: refusal }];
      const outcomes: ImportOutcome[] = [];
      for (const line of lines) outcomes.push(...(await this.importAll(actor, [line], options, seen)));
      return outcomes;
    }
  }

  private async importTogether(
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLines,
  ): Promise<ImportOutcome[]> {
    const { outcomes, added } = await this.unitOfWork.run(actor, (transaction) =>
      transaction.inOperation(ImportLicensesCommand.operation, async () => {
        const attempt = new SeenLines(seen);
        return { outcomes: await this.importChunk(transaction, actor, lines, options, attempt), added: attempt };
      }),
    );
    seen.addAll(added);
    return outcomes;
  }

  private async importChunk(
    transaction: Transaction,
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLines,
  ): Promise<ImportOutcome[]> {
    const settings = await lockImportSettings(transaction);
    if (!settings) throw new TenantNotFoundError();
    const now = this.clock.now();
    const identified = lines.map((line) => identify(line, actor, settings, this.secrets, options.idempotencyKey));
    const templates = await this.templates.find(
      actor,
      lines.map(({ line }) => line),
    );
    const pools = await this.lockPools(transaction, actor, lines, templates, seen, now);
    const claims = identified.flatMap(({ claim }) => claim ?? []);
    const claimed = claims.length > 0 ? await this.idempotency.readStored(transaction, claims) : undefined;
    const stored = await this.repository.findKnown(transaction, {
      digests: identified.flatMap(({ digests }) => digests),
      externalIds: lines.flatMap(({ line }) => line.external_id ?? []),
      licenseIds: identified.flatMap(({ licenseId }) => licenseId ?? []),
      trials: [],
    });
    const chunk = { transaction, actor, settings, templates, pools, known: stored, claimed, seen, now };
    const early = identified.map((line) => earlyOutcome(line, chunk));
    // Customers of other lines are neither looked for nor made.
    const open = identified.filter((_, at) => early[at] === undefined);
    const customers = await this.findCustomers(actor, open, seen);
    const known = await this.withTrials(transaction, stored, open, customers, templates);
    const prepared: Prepared[] = [];
    const outcomes = identified.map((line, at): ImportOutcome => {
      const decided = early[at];
      if (decided) return decided;
      try {
        const { imported, licenseKey } = this.prepare({ ...chunk, known }, line, customers);
        prepared.push(imported);
        if (options.dryRun) return { line: line.number, outcome: 'IMPORTABLE' };
        return { line: line.number, outcome: 'IMPORTED', licenseId: imported.license.licenseId, licenseKey };
      } catch (error) {
        return { line: line.number, outcome: 'REFUSED', error };
      }
    });
    if (options.dryRun) {
      await this.assertTrialsUnused(transaction, prepared);
      rememberUnstored(seen, prepared, customers);
    } else await this.store(chunk, prepared, customers, identified, outcomes);
    return outcomes;
  }

  /** Locks the pools of lines that are imported into one, less what a dry run took from them before. */
  private async lockPools(
    transaction: Transaction,
    actor: Actor,
    lines: readonly NumberedLine[],
    templates: TemplatesOfLines,
    seen: SeenLines,
    now: Date,
  ): Promise<LockedPools> {
    const requests = lines.flatMap(({ line }) => poolRequest(actor, line, templates) ?? []);
    const pools = await this.pools.lock(transaction, requests, now);
    for (const [poolId, count] of seen.takenFromPools) pools.take(poolId, count);
    return pools;
  }

  private findCustomers(actor: Actor, lines: readonly NumberedLine[], seen: SeenLines): Promise<CustomerPlan> {
    const customers = lines.map(({ line }) => line.customer);
    return this.commands.execute(new ImportCustomersCommand(actor, customers, seen.planned));
  }

  /** Adds the trials that customers of lines which may be trials have had. */
  private async withTrials(
    transaction: Transaction,
    known: KnownLicenses,
    lines: readonly NumberedLine[],
    customers: CustomerPlan,
    templates: TemplatesOfLines,
  ): Promise<KnownLicenses> {
    const wanted = lines.flatMap(({ line }) => {
      const template = templates.find(line);
      if (!template || (line.trial !== true && !isTrialType(template.licenseType))) return [];
      const customerId = customers.knownId(line.customer);
      return customerId === undefined ? [] : { customerId, productId: template.productId };
    });
    if (wanted.length === 0) return known;
    const nothing = { digests: [], externalIds: [], licenseIds: [] };
    const { trials } = await this.repository.findKnown(transaction, { ...nothing, trials: wanted });
    return { ...known, trials };
  }

  /** Returns the license of a line. A line that is refused changes nothing: what it takes is taken at the end. */
  private prepare(chunk: Chunk, identified: IdentifiedLine, customers: CustomerPlan) {
    const { settings, templates, known, seen, pools, now } = chunk;
    const { line, licenseId } = identified;
    const keys = keysOf(identified, ownerOf(chunk, line));
    assertFirst(keys, seen);
    const customer = customers.find(line.customer);
    if (!customer.hasRow && settings.customersMustExist) throw new CustomerNotFoundError(customer.customerId);
    if (!customer.active) throw new CustomerInactiveError(customer.customerId);
    const license = License.import(templates.get(line), toImportedTerms(line), customer, now);
    if (licenseId !== undefined) license.licenseId = licenseId;
    assertDevicesFit(line, this.devices.limit(license));
    const { trialCustomerId: customerId, trialProductId: productId } = license;
    const trial = customerId === null || productId === null ? undefined : trialKey({ customerId, productId });
    if (trial !== undefined && (known.trials.has(trial) || seen.has(trial))) throw new TrialAlreadyUsedError();
    const pool = poolOf(chunk, line, license);
    if (pool) {
      license.poolId = pool.poolId;
      license.partnerId = pool.partnerId;
      pools.take(pool.poolId);
    }
    customers.keep(customer);
    seen.add(trial === undefined ? keys : [...keys, trial]);
    return this.withKey(license, identified, settings);
  }

  private withKey(license: License, identified: IdentifiedLine, { foreignKeyNormalisation }: ImportSettings) {
    const { license_key: foreignKey, devices } = identified.line;
    const licenseKey = foreignKey ?? this.licenseKeys.next();
    license.licenseKeySealed = this.secrets.seal(licenseKey, license.sealContext);
    license.licenseKeyLastFour =
      foreignKey === undefined ? lastFour(licenseKey) : lastFourOfForeign(foreignKey, foreignKeyNormalisation);
    const tenant = { id: license.tenantId, foreignKeyNormalisation };
    const imported: Prepared =
      foreignKey === undefined
        ? { license, devices, identified, digest: ownKeyDigest(this.secrets, licenseKey), normalisation: null }
        : {
            license,
            devices,
            identified,
            digest: foreignKeyDigest(this.secrets, foreignKey, tenant),
            normalisation: foreignKeyNormalisation,
          };
    return { imported, licenseKey: foreignKey === undefined ? licenseKey : undefined };
  }

  /** Stores the licenses with what belongs to them, and the idempotency keys of all lines that are not refused. */
  private async store(
    { transaction, actor, claimed, now }: Chunk,
    prepared: readonly Prepared[],
    customers: CustomerPlan,
    identified: readonly IdentifiedLine[],
    outcomes: readonly ImportOutcome[],
  ): Promise<void> {
    const claims = identified.flatMap(({ claim }, at) => {
      const outcome = outcomes[at];
      if (!claim || claimed?.has(claim) || !outcome || !('licenseId' in outcome)) return [];
      return this.idempotency.toClaimRow(claim, { license_id: outcome.licenseId });
    });
    if (claims.length > 0) this.idempotency.storeClaims(transaction, claims);
    if (prepared.length === 0) return;
    const licenses = prepared.map(({ license }) => license);
    await customers.store();
    await this.repository.insert(transaction, prepared);
    await this.devices.insert(transaction, prepared, now);
    await this.recordPooled(transaction, licenses, now);
    for (const license of licenses) {
      transaction.record(new LicenseImportedEvent(actor, license));
      if (license.expiryDate && license.statusAt(now) === 'EXPIRED')
        transaction.record(new LicenseExpiredEvent(actor, now, license, license.expiryDate, IMPORTED));
    }
  }

  /** A partner reads no trial that its customer had from the vendor, so that only storing one finds it. */
  private async assertTrialsUnused(transaction: Transaction, prepared: readonly Prepared[]): Promise<void> {
    const trials = prepared.filter(({ license }) => license.trialCustomerId !== null);
    if (transaction.partnerId !== undefined && trials.length > 0)
      await this.repository.assertTrialsUnused(transaction, trials);
  }

  /** Counts licenses against their pools, which take back those that have ended if they do so. */
  private async recordPooled(transaction: Transaction, licenses: readonly License[], now: Date): Promise<void> {
    const pooled = licenses.filter(({ poolId }) => poolId !== null);
    if (pooled.length === 0) return;
    this.pools.recordIssued(transaction, pooled);
    const ended = pooled.filter((license) => license.status === 'REVOKED' || license.isPastGrace(now));
    if (ended.length > 0) await this.pools.settle(transaction, ended, now);
  }
}

/** Returns the refusal of a line that the database did not store; undefined if the error is not about a line. */
function refusalOf(error: unknown): Error | undefined {
  if (isDataError(error)) return new InvalidFieldError('', 'has a value that cannot be stored');
  return error instanceof TrialAlreadyUsedError ? error : undefined;
}

/** Returns the outcome of a line that needs no customer: its license is known, or it is refused for what it contains. */
function earlyOutcome(identified: IdentifiedLine, chunk: Chunk): ImportOutcome | undefined {
  const { number, line, claim } = identified;
  try {
    const partnerId = ownerOf(chunk, line);
    assertFirst(keysOf(identified, partnerId), chunk.seen);
    const earlier = claim && chunk.claimed?.get(claim)?.();
    const known = licenseIdOf(earlier) ?? knownLicense(identified, partnerId, chunk.known);
    if (known !== undefined) return { line: number, outcome: 'KNOWN', licenseId: known };
    assertIdentified(identified);
    assertKeyAllowed(line, chunk.settings);
    assertPast(line, chunk.now);
    chunk.templates.get(line);
    return undefined;
  } catch (error) {
    return { line: number, outcome: 'REFUSED', error };
  }
}

/** Remembers for later lines of a dry run what these would have stored. */
function rememberUnstored(seen: SeenLines, prepared: readonly Prepared[], { kept }: CustomerPlan): void {
  seen.customers.push(...kept);
  for (const { license } of prepared) if (license.poolId !== null) seen.takeFromPool(license.poolId);
}

/** Throws ImportConflictError if a line before has one of these keys. */
function assertFirst(keys: readonly string[], seen: SeenLines): void {
  if (keys.some((key) => seen.has(key)))
    throw new ImportConflictError('an earlier line has the same license key, external id or idempotency key');
}

function licenseIdOf(result: unknown): string | undefined {
  return (result as { readonly license_id: string } | undefined)?.license_id;
}

/** Returns the known license of a line. Throws ImportConflictError if its license key and its external id belong to different licenses. */
function knownLicense(
  { line, digests, licenseId }: IdentifiedLine,
  partnerId: string | null,
  known: KnownLicenses,
): string | undefined {
  const byKey = digests.map((digest) => known.byDigest.get(digest)).find((license) => license !== undefined);
  if (byKey && !byKey.isVisible) throw new ImportConflictError('another license has its license key');
  const byExternalId =
    line.external_id === undefined ? undefined : known.byExternalId.get(externalKey(line.external_id, partnerId));
  if (byExternalId !== undefined && digests.length > 0 && byKey?.licenseId !== byExternalId)
    throw new ImportConflictError(
      byKey === undefined
        ? 'the license with its external id has another license key'
        : 'its license key and its external id belong to different licenses',
    );
  return (
    byKey?.licenseId ?? byExternalId ?? (licenseId !== undefined && known.ids.has(licenseId) ? licenseId : undefined)
  );
}

/** Returns the partner that the license of a line belongs to; null: none. */
function ownerOf({ actor, pools }: Pick<Chunk, 'actor' | 'pools'>, { pool_id: poolId }: ImportLine): string | null {
  return actor.partnerId ?? (poolId === undefined ? null : (pools.partnerOf(poolId) ?? null));
}

/** Returns the request for the pool of a line; undefined if it is imported into none. */
function poolRequest(actor: Actor, line: ImportLine, templates: TemplatesOfLines): PoolRequest | undefined {
  const templateId = templates.idOf(line);
  const isPooled = actor.partnerId !== undefined || line.pool_id !== undefined;
  return isPooled && templateId !== undefined ? { actor, poolId: line.pool_id, templateId } : undefined;
}

/** Returns the pool of a line; undefined: none. Throws NotAllowedByPoolError, and the reason why the pool gives no license. */
function poolOf({ actor, templates, pools }: Chunk, line: ImportLine, license: License): PoolGrant | undefined {
  const request = poolRequest(actor, line, templates);
  if (!request) return undefined;
  const pool = pools.find(request);
  if (pool instanceof HttpException) throw pool;
  if (actor.partnerId !== undefined) assertImportAllowed(license.overrides, pool);
  return pool;
}

function toImportedTerms(line: ImportLine) {
  const { external_id, issued_to, issued_date, expiry_date, status, trial, max_activations, features, metadata } = line;
  return {
    externalId: external_id,
    issuedTo: issued_to,
    issuedDate: issued_date === undefined ? undefined : new Date(issued_date),
    expiryDate: expiry_date === undefined || expiry_date === null ? expiry_date : new Date(expiry_date),
    status,
    trial,
    maxActivations: max_activations,
    features,
    metadata,
    devices: line.devices.length,
  };
}
