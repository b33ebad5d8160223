import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { CustomerInactiveError, GetCustomerNamesQuery, type CustomerName } from '../../customers/index.js';
import { Clock } from '../../shared/time/clock.js';
import { CommittedCache } from '../../shared/persistence/committed-cache.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { Actor } from '../../shared/access/actor.js';
import { rowKeyString } from '../../shared/persistence/tenant-scoped.repository.js';
import { GetIssuableTemplatesQuery, TemplateNotFoundError, type IssuableTemplate } from '../../templates/index.js';
import type { IssueLicenseRequest } from '../license.requests.js';
import { License } from '../license.entity.js';
import { ProductInactiveError, TemplateInactiveError } from '../license.errors.js';

const MAX_TEMPLATES = 2_000;
const MAX_CUSTOMERS = 10_000;
/** Short, because names of customers are personal data. */
const CACHE_TTL_MS = 60_000;

/** Stands for a customer without a row, because another system may keep the customers. */
const UNKNOWN_CUSTOMER: CustomerName = { name: undefined, active: true, version: 0 };

/** License with the version of the customer row that its name was taken from: 0 without a row, null if no name was taken from one. */
export interface LicenseDraft {
  readonly license: License;
  readonly customerVersion: number | null;
}

/** Issue requests of one tenant. */
export interface TenantRequests {
  readonly actor: Actor;
  readonly requests: readonly IssueLicenseRequest[];
}

/** Terms from which the licenses of some requests of one tenant are created. */
export interface IssuanceTerms {
  /** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError, CustomerInactiveError, TrialNotAllowedError. */
  createDraft(request: IssueLicenseRequest): LicenseDraft;
}

/**
 * Caches templates and customer names. A cached value may be outdated, so issueStatement stores a license only if its versions are current
 * (decision 0017). Values that refuse an issue are never cached, because no statement would check a refusal.
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

  /** Returns the terms by tenant, cached where possible. */
  async getAll(all: readonly TenantRequests[]): Promise<ReadonlyMap<string, IssuanceTerms>> {
    const getOfTenant = async (tenantRequests: TenantRequests) => {
      this.invalidateTrialRefusals(tenantRequests);
      return [tenantRequests.actor.tenantId, await this.getOrReadTerms(tenantRequests)] as const;
    };
    return new Map(await Promise.all(all.map(getOfTenant)));
  }

  /** Returns the cached terms; undefined if any has to be read. */
  getCached(actor: Actor, request: IssueLicenseRequest): IssuanceTerms | undefined {
    this.invalidateTrialRefusals({ actor, requests: [request] });
    const template = this.templates.get(rowKeyString(actor.tenantId, request.license_template_id));
    if (!template) return undefined;
    if (request.issued_to !== undefined) return this.toIssuanceTerms(() => template);
    const customer = this.customers.get(rowKeyString(actor.tenantId, request.customer_id));
    return (
      customer &&
      this.toIssuanceTerms(
        () => template,
        () => customer,
      )
    );
  }

  /** Reads the terms in the open unit of work, in which no cache holds anything. Must be called inside one. */
  readFresh(actor: Actor, request: IssueLicenseRequest): Promise<IssuanceTerms> {
    return this.getOrReadTerms({ actor, requests: [request] }, [request.customer_id]);
  }

  /** Removes the terms of this request, so that they are read again. */
  invalidate(tenantId: string, request: IssueLicenseRequest): void {
    this.templates.invalidate([rowKeyString(tenantId, request.license_template_id)]);
    this.customers.invalidate([rowKeyString(tenantId, request.customer_id)]);
  }

  /** Removes cached templates that refuse a requested trial: they may allow trials now, and no statement would check the refusal. */
  private invalidateTrialRefusals({ actor, requests }: TenantRequests): void {
    for (const { license_template_id: id, trial } of requests) {
      const key = rowKeyString(actor.tenantId, id);
      if (trial && this.templates.get(key)?.template.trialAllowed === false) this.templates.invalidate([key]);
    }
  }

  /**
   * Reads missing terms. A request with `issued_to` needs no customer: the statement checks that the customer is active, and a license
   * that it does not store is issued singly.
   */
  private async getOrReadTerms(
    { actor, requests }: TenantRequests,
    customers = customerIds(requests),
  ): Promise<IssuanceTerms> {
    const [templates, names] = await Promise.all([
      getOrRead(this.templates, actor, templateIds(requests), (missing) => this.readTemplates(actor, missing)),
      getOrRead(this.customers, actor, customers, (missing) => this.readCustomers(actor, missing)),
    ]);
    return this.toIssuanceTerms(
      (id) => templates.get(id),
      (id) => names.get(id),
    );
  }

  private toIssuanceTerms(
    templateOf: (id: string) => IssuableTemplate | undefined,
    customerOf?: (id: string) => CustomerName | undefined,
  ): IssuanceTerms {
    const now = this.clock.now();
    return {
      createDraft: (request) => {
        const template = assertIssuable(request.license_template_id, templateOf(request.license_template_id));
        const customer = customerOf?.(request.customer_id);
        if (customer?.active === false) throw new CustomerInactiveError(request.customer_id);
        const namedCustomer = request.issued_to === undefined ? customer : undefined;
        return {
          license: License.issue(template, request, namedCustomer?.name, now),
          customerVersion: namedCustomer?.version ?? null,
        };
      },
    };
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

  private async readCustomers(actor: Actor, ids: readonly string[]): Promise<Map<string, CustomerName>> {
    const fill = this.customers.beginFill();
    const customers = await this.queries.execute(new GetCustomerNamesQuery(actor, ids));
    const names = new Map(ids.map((id) => [id, customers.get(id) ?? UNKNOWN_CUSTOMER]));
    for (const [id, name] of names) if (name.active) fill.put(rowKeyString(actor.tenantId, id), name);
    return names;
  }
}

/** Returns values by id: cached ones, and those that `readMissing` returns for the rest. */
async function getOrRead<T extends object>(
  cache: CommittedCache<T>,
  { tenantId }: Actor,
  ids: readonly string[],
  readMissing: (missing: readonly string[]) => Promise<Map<string, T>>,
): Promise<Map<string, T>> {
  const values = new Map<string, T>();
  const missing: string[] = [];
  for (const id of ids) {
    const value = cache.get(rowKeyString(tenantId, id));
    if (value) values.set(id, value);
    else missing.push(id);
  }
  if (missing.length > 0) for (const [id, value] of await readMissing(missing)) values.set(id, value);
  return values;
}

/** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
export function assertIssuable(templateId: string, issuable: IssuableTemplate | undefined) {
  if (!issuable) throw new TemplateNotFoundError(templateId);
  if (!issuable.template.active) throw new TemplateInactiveError(templateId);
  if (!issuable.productActive) throw new ProductInactiveError(issuable.template.productId);
  return issuable.template;
}

function templateIds(requests: readonly IssueLicenseRequest[]): string[] {
  return [...new Set(requests.map(({ license_template_id }) => license_template_id))];
}

/** Returns the customers whose name is needed: those of requests without `issued_to`. */
function customerIds(requests: readonly IssueLicenseRequest[]): string[] {
  const unnamed = requests.filter(({ issued_to }) => issued_to === undefined);
  return [...new Set(unnamed.map(({ customer_id }) => customer_id))];
}
