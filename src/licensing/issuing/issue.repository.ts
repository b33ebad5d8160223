import { Injectable } from '@nestjs/common';
import { violates } from '../../database/sql-errors.js';
import { joinJson } from '../../shared/json.js';
import { FIRST_SEQ, outboxRow } from '../../shared/messaging/outbox.js';
import { RetryTransaction } from '../../database/with-retries.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { License } from '../license.entity.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import type { IssueAllResult, NewLicense } from './new-license.js';
import { PoolAllowance } from './pool-allowance.js';
import {
  ISSUE,
  ISSUE_ONCE,
  OWN_COLUMNS,
  TERMS_COLUMNS,
  type CheckColumn,
  type IssuedRow,
  type LicenseColumn,
} from './issue-statement.js';

/** Stores licenses, each with its event and claim, by one statement. */
@Injectable()
export class IssueRepository {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: PoolAllowance,
  ) {}

  /**
   * Stores licenses: those of several tenants in a transaction of their own, or those of one tenant in the open unit of work. A license in
   * neither set of the result has outdated terms or a claim that was not free. Throws TrialAlreadyUsedError if another transaction stored
   * the same trial meanwhile, RetryTransaction if a license key exists.
   */
  async issueAll(licenses: readonly NewLicense[]): Promise<IssueAllResult> {
    const [first] = licenses;
    if (!first) return { stored: new Set(), usedTrials: new Set() };
    if (licenses.some(({ license, event }) => license.tenantId !== event.tenantId))
      throw new TypeError('A license of another tenant was issued.');
    const eventsOf = (rows: readonly IssuedRow[]) => {
      const stored = idsOf(rows, true);
      return licenses.flatMap(({ license, event }) => (stored.has(license.licenseId) ? [event] : []));
    };
    // Events of a unit of work are stored with its commit, in the order in which they were recorded.
    const storing = this.unitOfWork.isOpen
      ? this.unitOfWork.run(first.license.tenantId, async (transaction) => {
          const rows = await transaction.query<IssuedRow>(issueStatement(licenses, []));
          for (const event of eventsOf(rows)) transaction.record(event);
          const stored = idsOf(rows, true);
          const issued = licenses.flatMap(({ license }) => (stored.has(license.licenseId) ? license : []));
          const pooled = issued.filter(({ poolId }) => poolId !== null);
          if (pooled.length > 0) this.pools.recordIssued(transaction, pooled);
          return rows;
        })
      : this.unitOfWork.executeStandalone<IssuedRow>(issueStatement(licenses, licenses), eventsOf);
    const rows = await storing.catch(throwNamed);
    return { stored: idsOf(rows, true), usedTrials: idsOf(rows, false) };
  }
}

function idsOf(rows: readonly IssuedRow[], isStored: boolean): ReadonlySet<string> {
  return new Set(rows.flatMap(({ license_id, stored }) => (stored === isStored ? [license_id] : [])));
}

/** Translates constraint violations. A license key that already exists retries the transaction with new license keys. */
function throwNamed(error: unknown): never {
  if (violates(error, 'licenses_one_trial')) throw new TrialAlreadyUsedError(error);
  throw violates(error, 'license_keys_pkey') ? new RetryTransaction('The license key already exists.') : error;
}

/** Returns the statement that stores licenses, and the events of `recorded`. */
function issueStatement(licenses: readonly NewLicense[], recorded: readonly NewLicense[]) {
  const events = recorded.map(({ event }) => outboxRow(event, FIRST_SEQ));
  const shared = licenses.map(({ license }) => sharedTermsOf(license));
  const terms = new Map(licenses.map(({ license }, at) => [shared[at], license]));
  const keys = new Map([...terms.keys()].map((text, key) => [text, key]));
  const rows = licenses.map((row, at) => toLicenseJson(row, keys.get(shared[at]) ?? 0));
  const termsRows = [...terms.values()].map((license, key) => withMembers(toTermsJson(license), { terms_key: key }));
  return {
    ...(licenses.some(({ claim }) => claim) ? ISSUE_ONCE : ISSUE),
    values: [joinJson(rows), joinJson(termsRows), joinJson(events)],
  };
}

/** Returns a text that is equal for licenses with the same terms. One with overrides shares its terms with none. */
function sharedTermsOf({ tenantId, licenseId, templateId, templateVersion, overrides }: License): string {
  return overrides ? licenseId : `${tenantId} ${templateId} ${templateVersion}`;
}

function toLicenseJson({ license, keyDigest, customerVersion, claim }: NewLicense, termsKey: number): string {
  const checks = {
    terms_key: termsKey,
    customer_version: customerVersion,
    key_digest: keyDigest.toString('hex'),
    claim_digest: claim?.key_digest,
    request_digest: claim?.request_digest,
    result: claim?.result,
    expires_at: claim?.expires_at,
  } satisfies Readonly<Record<CheckColumn, unknown>>;
  return withMembers(toOwnJson(license), checks);
}

/** Adds members to a JSON object that has some. */
const withMembers = (json: string, members: object) => `${json.slice(0, -1)},${JSON.stringify(members).slice(1)}`;

/** Writers of values that JSON has no type for, by column type. */
const WRITE: Readonly<Record<string, ((value: unknown) => string) | undefined>> = {
  bytea: (value) => `"\\\\x${(value as Buffer).toString('hex')}"`,
  timestamptz: (value) => `"${(value as Date).toISOString()}"`,
};
const toOwnJson = jsonWriter(OWN_COLUMNS);
const toTermsJson = jsonWriter(TERMS_COLUMNS);

/**
 * Returns a function that writes these columns as a JSON object, without those that are null. It writes the text itself, which is quicker
 * than building the object. The first column is never null.
 */
function jsonWriter(columns: readonly LicenseColumn[]): (license: License) => string {
  const members = columns.map(({ name, property, type }, at) => ({
    property,
    start: `${at === 0 ? '{' : ','}"${name}":`,
    write: WRITE[type] ?? JSON.stringify,
  }));
  return (license) => {
    let text = '';
    for (const { property, start, write } of members) {
      const value = license[property];
      if (value !== null && value !== undefined) text += start + write(value);
    }
    return `${text}}`;
  };
}
