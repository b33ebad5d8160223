import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { QueryBus, CommandBus } from '@nestjs/cqrs';
import {
  CustomerInactiveError,
  CustomerNotFoundError,
  ImportCustomersCommand,
  type FoundCustomer,
} from '../../customers/index.js';
import { isDataError } from '../../database/sql-errors.js';
import type { Actor } from '../../shared/access/actor.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { lockImportSettings, type ImportSettings } from '../../shared/persistence/tenant-lock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import {
  GetIssuableTemplatesQuery,
  isTrialType,
  ListTemplatesQuery,
  type IssuableTemplate,
} from '../../templates/index.js';
import { assertIssuable } from '../assert-issuable.js';
import { LicenseImportedEvent } from '../events/license-imported.event.js';
import { IMPORTED, LicenseExpiredEvent } from '../events/license-timer.events.js';
import { foreignKeyDigest, lastFour, LicenseKeySource, ownKeyDigest } from '../keys/license-key.js';
import { License } from '../license.entity.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import { ImportLicensesCommand, type ImportOptions, type ImportOutcome } from './import-licenses.command.js';
import { SHORT_KEY_LENGTH, type ImportLine } from './import-line.requests.js';
import {
  ImportRepository,
  trialKey,
  type ImportedLicense,
  type KnownLicenses,
  type Trial,
} from './import.repository.js';
import { ImportConflictError } from './import.errors.js';
import { ImportedDevices, type LicenseDevices } from './imported-devices.js';
import { SeenLicenses } from './seen-licenses.js';

const UNSTORABLE = 'has a value that cannot be stored';

export interface NumberedLine {
  readonly number: number;
  readonly line: ImportLine;
}

/** Line with the ids by which its license may be known. */
interface IdentifiedLine extends NumberedLine {
  /** Digests of the license key as an imported key and as one of ours; undefined without a license key. */
  readonly digests: readonly Buffer[] | undefined;
  /** Id of the license that follows from an idempotency key; undefined: a new one. */
  readonly licenseId: string | undefined;
}

interface Chunk {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly settings: ImportSettings;
  readonly templates: ReadonlyMap<string, IssuableTemplate>;
  /** Templates of products, by product; undefined if a product has none or several. */
  readonly templateOfProduct: ReadonlyMap<string, string | undefined>;
  readonly known: KnownLicenses;
  readonly seen: SeenLicenses;
  readonly now: Date;
}

/** Imports the lines of one transaction, which locks the tenant: of two imports at once the second one knows what the first stored. */
@Injectable()
export class LicenseImporter {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly repository: ImportRepository,
    private readonly devices: ImportedDevices,
    private readonly secrets: Secrets,
    private readonly licenseKeys: LicenseKeySource,
    private readonly clock: Clock,
  ) {}

  /** Imports the lines one by one if PostgreSQL does not take a value, so that each has a result of its own. */
  async importAll(
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLicenses | undefined,
  ): Promise<ImportOutcome[]> {
    try {
      return await this.importTogether(actor, lines, options, seen);
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = lines;
      if (lines.length === 1 && only)
        return [{ line: only.number, outcome: 'REFUSED', error: new InvalidFieldError('', UNSTORABLE) }];
      const outcomes: ImportOutcome[] = [];
      for (const line of lines) outcomes.push(...(await this.importAll(actor, [line], options, seen)));
      return outcomes;
    }
  }

  private importTogether(
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLicenses | undefined,
  ): Promise<ImportOutcome[]> {
    return this.unitOfWork.run(actor, (transaction) =>
      transaction.inOperation(ImportLicensesCommand.operation, () =>
        // An attempt that is repeated forgets what it saw.
        this.importChunk(transaction, actor, lines, options, seen ?? new SeenLicenses()),
      ),
    );
  }

  private async importChunk(
    transaction: Transaction,
    actor: Actor,
    lines: readonly NumberedLine[],
    options: ImportOptions,
    seen: SeenLicenses,
  ): Promise<ImportOutcome[]> {
    const settings = await lockImportSettings(transaction);
    if (!settings) throw new TenantNotFoundError();
    const identified = lines.map((line) => this.identify(actor.tenantId, line, settings, options));
    const { templates, templateOfProduct } = await this.findTemplates(actor, lines);
    const stored = await this.repository.findKnown(transaction, {
      digests: identified.flatMap(({ digests }) => digests ?? []),
      externalIds: lines.flatMap(({ line }) => line.external_id ?? []),
      licenseIds: identified.flatMap(({ licenseId }) => licenseId ?? []),
      trials: [],
    });
    const now = this.clock.now();
    const early = identified.map((line) =>
      earlyOutcome(line, { settings, templates, templateOfProduct, known: stored, now }),
    );
    // Customers of other lines are neither looked for nor made.
    const open = identified.filter((_, at) => early[at] === undefined);
    const customers = open.length > 0 ? await this.findCustomers(actor, open, options) : [];
    const trials = trialsOf(open, customers, templates, templateOfProduct);
    const known = trials.length > 0 ? await this.withTrials(transaction, stored, trials) : stored;
    const chunk = { transaction, actor, settings, templates, templateOfProduct, known, seen, now };
    const customerOf = new Map(open.map(({ number }, at) => [number, customers[at]]));
    const prepared: (ImportedLicense & LicenseDevices)[] = [];
    const outcomes = identified.map((line, at): ImportOutcome => {
      const decided = early[at];
      if (decided) return decided;
      try {
        const { imported, licenseKey } = this.prepare(chunk, line, customerOf.get(line.number));
        prepared.push(imported);
        if (options.dryRun) return { line: line.number, outcome: 'IMPORTABLE' };
        return { line: line.number, outcome: 'IMPORTED', licenseId: imported.license.licenseId, licenseKey };
      } catch (error) {
        return { line: line.number, outcome: 'REFUSED', error };
      }
    });
    if (!options.dryRun && prepared.length > 0) await this.store(transaction, actor, prepared, now);
    return outcomes;
  }

  private identify(
    tenantId: string,
    { number, line }: NumberedLine,
    { foreignKeyNormalisation }: ImportSettings,
    { idempotencyKey }: ImportOptions,
  ): IdentifiedLine {
    const { license_key: licenseKey, external_id: externalId } = line;
    const digests =
      licenseKey === undefined
        ? undefined
        : [
            foreignKeyDigest(this.secrets, licenseKey, { id: tenantId, foreignKeyNormalisation }),
            ownKeyDigest(this.secrets, licenseKey),
          ];
    const key = line.idempotency_key ?? (idempotencyKey && `${idempotencyKey}\n${number}`);
    const isIdentified = digests !== undefined || externalId !== undefined;
    return { number, line, digests, licenseId: isIdentified || key === undefined ? undefined : idFrom(tenantId, key) };
  }

  private async withTrials(transaction: Transaction, known: KnownLicenses, wanted: readonly Trial[]) {
    const nothing = { digests: [], externalIds: [], licenseIds: [] };
    const { trials } = await this.repository.findKnown(transaction, { ...nothing, trials: wanted });
    return { ...known, trials };
  }

  private async findTemplates(actor: Actor, lines: readonly NumberedLine[]) {
    const products = new Set(
      lines.flatMap(({ line }) => (line.license_template_id === undefined ? (line.product_id ?? []) : [])),
    );
    const templateOfProduct = new Map<string, string | undefined>();
    for (const productId of products) {
      const request = { product_id: productId, active: true, limit: 2 };
      const { data } = await this.queries.execute(new ListTemplatesQuery(actor, request));
      templateOfProduct.set(productId, data.length === 1 ? data[0]?.template_id : undefined);
    }
    const ids = new Set([
      ...lines.flatMap(({ line }) => line.license_template_id ?? []),
      ...[...templateOfProduct.values()].flatMap((id) => id ?? []),
    ]);
    const found = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [...ids]));
    return { templates: new Map(found.map((each) => [each.template.templateId, each])), templateOfProduct };
  }

  private findCustomers(actor: Actor, lines: readonly NumberedLine[], { dryRun = false }: ImportOptions) {
    const customers = lines.map(({ line }) => line.customer);
    return this.commands.execute(new ImportCustomersCommand(actor, customers, { dryRun }));
  }

  private prepare(
    chunk: Chunk,
    { number, line, digests, licenseId }: IdentifiedLine,
    customer: FoundCustomer | Error | undefined,
  ) {
    const { settings, known, seen, now } = chunk;
    if (!customer || customer instanceof Error) throw customer ?? new Error('A line has no customer.');
    if (!customer.isStored && settings.customersMustExist) throw new CustomerNotFoundError(customer.customerId);
    if (!customer.active) throw new CustomerInactiveError(customer.customerId);
    const license = License.import(templateOf(line, chunk), toImportedTerms(line), customer, now);
    if (licenseId !== undefined) license.licenseId = licenseId;
    this.assertDevicesFit(line, license);
    const { trialCustomerId, trialProductId } = license;
    const trial = trialCustomerId !== null &&
      trialProductId !== null && { customerId: trialCustomerId, productId: trialProductId };
    if (trial && known.trials.has(trialKey(trial))) throw new TrialAlreadyUsedError();
    const keys = [
      ...(digests ?? []).map((digest) => digest.toString('hex')),
      ...(line.external_id === undefined ? [] : [`external ${line.external_id}`]),
      ...(licenseId === undefined ? [] : [licenseId]),
      ...(trial ? [`trial ${trialKey(trial)}`] : []),
    ];
    if (seen.isRepeated(keys, number))
      throw new ImportConflictError('an earlier line has the same license key, external id, idempotency key or trial');
    return this.withKey(license, line, settings);
  }

  private withKey(license: License, line: ImportLine, { foreignKeyNormalisation }: ImportSettings) {
    const { license_key: foreignKey, devices } = line;
    const licenseKey = foreignKey ?? this.licenseKeys.next();
    license.licenseKeySealed = this.secrets.seal(licenseKey, license.sealContext);
    license.licenseKeyLastFour = lastFour(licenseKey);
    const tenant = { id: license.tenantId, foreignKeyNormalisation };
    const imported =
      foreignKey === undefined
        ? { license, devices, digest: ownKeyDigest(this.secrets, licenseKey), normalisation: null }
        : {
            license,
            devices,
            digest: foreignKeyDigest(this.secrets, foreignKey, tenant),
            normalisation: foreignKeyNormalisation,
          };
    return { imported, licenseKey: foreignKey === undefined ? licenseKey : undefined };
  }

  private assertDevicesFit({ devices }: ImportLine, license: License): void {
    if (new Set(devices.map(({ fingerprint }) => fingerprint)).size < devices.length)
      throw new InvalidFieldError('/devices', 'must have different fingerprints');
    const limit = this.devices.limit(license);
    if (limit !== null && devices.length > limit)
      throw new InvalidFieldError('/devices', `must be at most ${limit}: the license has no more seats`);
  }

  private async store(
    transaction: Transaction,
    actor: Actor,
    prepared: readonly (ImportedLicense & LicenseDevices)[],
    now: Date,
  ): Promise<void> {
    await this.repository.insert(transaction, prepared);
    await this.devices.insert(transaction, prepared, now);
    for (const { license } of prepared) {
      transaction.record(new LicenseImportedEvent(actor, license));
      if (license.expiryDate && license.statusAt(now) === 'EXPIRED')
        transaction.record(new LicenseExpiredEvent(actor, now, license, license.expiryDate, IMPORTED));
    }
  }
}

/** Returns the outcome of a line that needs no customer: its license is known, or it is refused for what it contains. */
function earlyOutcome(
  identified: IdentifiedLine,
  chunk: Pick<Chunk, 'settings' | 'templates' | 'templateOfProduct' | 'known' | 'now'>,
): ImportOutcome | undefined {
  const { number, line, digests, licenseId } = identified;
  try {
    const known = knownLicense(identified, chunk.known);
    if (known !== undefined) return { line: number, outcome: 'KNOWN', licenseId: known };
    assertIdentified(line, digests, licenseId);
    assertKeyAllowed(line, chunk.settings);
    assertPast(line, chunk.now);
    templateOf(line, chunk);
    return undefined;
  } catch (error) {
    return { line: number, outcome: 'REFUSED', error };
  }
}

/** Returns the known license of a line. Throws ImportConflictError if its license key and its external id belong to different licenses. */
function knownLicense({ line, digests, licenseId }: IdentifiedLine, known: KnownLicenses): string | undefined {
  const byKey = digests?.map((digest) => known.byDigest.get(digest.toString('hex'))).find((id) => id !== undefined);
  const byExternalId = line.external_id === undefined ? undefined : known.byExternalId.get(line.external_id);
  if (byExternalId !== undefined && digests !== undefined && byKey !== byExternalId)
    throw new ImportConflictError(
      byKey === undefined
        ? 'the license with its external id has another license key'
        : 'its license key and its external id belong to different licenses',
    );
  return byKey ?? byExternalId ?? (licenseId !== undefined && known.ids.has(licenseId) ? licenseId : undefined);
}

function assertIdentified(line: ImportLine, digests: unknown, licenseId: string | undefined): void {
  if (digests !== undefined || line.external_id !== undefined || licenseId !== undefined) return;
  throw new InvalidFieldError(
    '',
    'must contain license_key, external_id or idempotency_key, or the request an Idempotency-Key: a repeated import would store it twice',
  );
}

function assertKeyAllowed(
  { license_key: licenseKey }: ImportLine,
  { allowShortKeys, foreignKeyNormalisation }: ImportSettings,
): void {
  if (licenseKey === undefined) return;
  const length = foreignKeyNormalisation === 'NONE' ? licenseKey.length : licenseKey.trim().length;
  if (length < (allowShortKeys ? 8 : SHORT_KEY_LENGTH))
    throw new InvalidFieldError(
      '/license_key',
      `must have at least ${allowShortKeys ? 8 : SHORT_KEY_LENGTH} characters${allowShortKeys ? '' : ', or the setting allow_short_keys must be on'}`,
    );
}

function assertPast({ issued_date, devices }: ImportLine, now: Date): void {
  if (issued_date !== undefined && new Date(issued_date) > now)
    throw new InvalidFieldError('/issued_date', 'must not be in the future');
  devices.forEach(({ activated_at, last_seen_at }, at) => {
    for (const [name, time] of Object.entries({ activated_at, last_seen_at }))
      if (time !== undefined && new Date(time) > now)
        throw new InvalidFieldError(`/devices/${at}/${name}`, 'must not be in the future');
  });
}

/** Throws InvalidFieldError, TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
function templateOf(
  line: ImportLine,
  { templates, templateOfProduct }: Pick<Chunk, 'templates' | 'templateOfProduct'>,
) {
  const { license_template_id: templateId, product_id: productId } = line;
  const id = templateId ?? (productId === undefined ? undefined : templateOfProduct.get(productId));
  if (id === undefined)
    throw new InvalidFieldError(
      '/license_template_id',
      'is required, or the product must have exactly one active template',
    );
  const template = assertIssuable(id, templates.get(id));
  if (productId !== undefined && productId !== template.productId)
    throw new InvalidFieldError('/product_id', `must be ${template.productId}, the product of the template`);
  return template;
}

/** Returns the trials that lines may be, as far as they have a template and a customer. */
function trialsOf(
  lines: readonly NumberedLine[],
  customers: readonly (FoundCustomer | Error)[],
  templates: ReadonlyMap<string, IssuableTemplate>,
  templateOfProduct: ReadonlyMap<string, string | undefined>,
) {
  return lines.flatMap(({ line }, at) => {
    const customer = customers[at];
    const id = line.license_template_id ?? templateOfProduct.get(line.product_id ?? '');
    const template = id === undefined ? undefined : templates.get(id)?.template;
    if (!template || !customer || customer instanceof Error) return [];
    if (line.trial !== true && !isTrialType(template.licenseType)) return [];
    return { customerId: customer.customerId, productId: template.productId };
  });
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

/** Returns the license id of a line that an idempotency key identifies: a UUID of version 8 made of their digest. */
function idFrom(tenantId: string, key: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['import', tenantId, key]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
