import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetCustomerNamesQuery, type CustomerName } from '../../customers/index.js';
import { CommittedCache } from '../../shared/persistence/committed-cache.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { groupBy } from '../../shared/group-by.js';
import type { Actor } from '../../shared/access/actor.js';
import { rowKeyString } from '../../shared/tenant-id.js';
import { GetTenantQuery } from '../../tenants/index.js';
import { GetIssuableTemplatesQuery, type IssuableTemplate } from '../../templates/index.js';
import type { IssueLicenseRequest } from '../license.requests.js';

const MAX_TEMPLATES = 2_000;
const MAX_CUSTOMERS = 10_000;
/** Short, because names of customers are personal data. */
const CACHE_TTL_MS = 60_000;

/** Customer, or that there is none although the tenant issues only to customers that it has. */
export type IssuanceCustomer = CustomerName | typeof MISSING_CUSTOMER;

/** Stands for a customer without a row, because another system may keep the customers. */
const UNKNOWN_CUSTOMER: CustomerName = { name: undefined, active: true, version: 0 };
export const MISSING_CUSTOMER = 'MISSING';

/** Issue request whose terms are wanted. */
export interface TermsRequest {
  readonly command: { readonly actor: Actor; readonly request: IssueLicenseRequest };
  /** Attempts so far; see `getAll`. */
  readonly attempts: number;
}

/** Terms from which the licenses of some requests of one tenant are created, by id. An unknown template is missing. */
export interface IssuanceTerms {
  readonly templates: ReadonlyMap<string, IssuableTemplate>;
  readonly customers: ReadonlyMap<string, IssuanceCustomer>;
  /** Time of the issue. */
  readonly now: Date;
}

/**
 * Caches templates and customer names. A cached value may be outdated, so the statement that issues stores a license only if its versions are
 * current (decision 0017). Values that refuse an issue are never cached, because no statement would check a refusal.
 */
@Injectable()
export class IssuanceTermsCache {
  private readonly templates: CommittedCache<IssuableTemplate>;
  private readonly customers: CommittedCache<CustomerName>;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    unitOfWork: UnitOfWork,
  ) {
    this.templates = new CommittedCache(unitOfWork, { max: MAX_TEMPLATES, ttl: CACHE_TTL_MS });
    this.customers = new CommittedCache(unitOfWork, { max: MAX_CUSTOMERS, ttl: CACHE_TTL_MS });
  }

  /**
   * Returns the terms by tenant, cached where possible; inside a unit of work nothing is. The first attempt of a request with `issued_to`
   * reads no customer: the statement checks that the customer is active, and a license that it does not store is attempted again.
   */
  async getAll(requests: readonly TermsRequest[]): Promise<ReadonlyMap<string, IssuanceTerms>> {
    const byTenant = groupBy(requests, ({ command }) => command.actor.tenantId);
    const getOfTenant = async ([tenantId, ofTenant]: [string, [TermsRequest, ...TermsRequest[]]]) =>
      [tenantId, await this.getOfTenant(ofTenant[0].command.actor, ofTenant)] as const;
    return new Map(await Promise.all([...byTenant].map(getOfTenant)));
  }

  private async getOfTenant(actor: Actor, requests: readonly TermsRequest[]): Promise<IssuanceTerms> {
    this.invalidateTrialRefusals(actor, requests);
    const named = requests.filter(
      ({ command, attempts }) =>
        command.request.issued_to === undefined || attempts > 0 || command.actor.partnerId !== undefined,
    );
    const templateIds = new Set(requests.map(({ command }) => command.request.license_template_id));
    const customerIds = new Set(named.map(({ command }) => command.request.customer_id));
    const [templates, customers] = await Promise.all([
      getOrRead(this.templates, actor, templateIds, (missing) => this.readTemplates(actor, missing)),
      getOrRead(this.customers, actor, customerIds, (missing) => this.readCustomers(actor, missing)),
    ]);
    return { templates, customers, now: this.clock.now() };
  }

  /** Removes the terms of this request, so that they are read again. */
  invalidate(tenantId: string, request: IssueLicenseRequest): void {
    this.templates.invalidate([rowKeyString(tenantId, request.license_template_id)]);
    this.customers.invalidate([rowKeyString(tenantId, request.customer_id)]);
  }

  /** Removes cached templates that refuse a requested trial: they may allow trials now, and no statement would check the refusal. */
  private invalidateTrialRefusals({ tenantId }: Actor, requests: readonly TermsRequest[]): void {
    for (const { command } of requests) {
      const key = rowKeyString(tenantId, command.request.license_template_id);
      if (command.request.trial && this.templates.get(key)?.template.trialAllowed === false)
        this.templates.invalidate([key]);
    }
  }

  private async readTemplates(actor: Actor, ids: readonly string[]): Promise<Map<string, IssuableTemplate>> {
    const fill = this.templates.beginFill();
    const templates = await this.queries.execute(new GetIssuableTemplatesQuery(actor, ids));
    for (const issuable of templates) {
      const { template, productActive } = issuable;
      if (template.active && productActive) fill.put(rowKeyString(actor.tenantId, template.templateId), issuable);
    }
    return new Map(templates.map((issuable) => [issuable.template.templateId, issuable]));
  }

  /** The setting of the tenant is read only where a customer has no row. */
  private async readCustomers(actor: Actor, ids: readonly string[]): Promise<Map<string, IssuanceCustomer>> {
    const fill = this.customers.beginFill();
    const customers = await this.queries.execute(new GetCustomerNamesQuery(actor, ids));
    const isComplete = ids.every((id) => customers.has(id));
    const mustExist = !isComplete && (await this.queries.execute(new GetTenantQuery(actor))).customers_must_exist;
    const unknown: IssuanceCustomer = mustExist ? MISSING_CUSTOMER : UNKNOWN_CUSTOMER;
    const names = new Map<string, IssuanceCustomer>(ids.map((id) => [id, customers.get(id) ?? unknown]));
    for (const [id, name] of names)
      if (name !== MISSING_CUSTOMER && name.active) fill.put(rowKeyString(actor.tenantId, id), name);
    return names;
  }
}

/** Returns values by id: cached ones, and those that `readMissing` returns for the rest. */
async function getOrRead<T extends object, Read>(
  cache: CommittedCache<T>,
  { tenantId }: Actor,
  ids: Iterable<string>,
  readMissing: (missing: readonly string[]) => Promise<Map<string, T | Read>>,
): Promise<Map<string, T | Read>> {
  const values = new Map<string, T | Read>();
  const missing: string[] = [];
  for (const id of ids) {
    const value = cache.get(rowKeyString(tenantId, id));
    if (value) values.set(id, value);
    else missing.push(id);
  }
  if (missing.length > 0) for (const [id, value] of await readMissing(missing)) values.set(id, value);
  return values;
}
