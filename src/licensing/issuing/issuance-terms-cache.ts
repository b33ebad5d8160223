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
/** Names of people are not kept in memory for long. */
const CACHE_TTL_MS = 60_000;

/** What a name is taken from when there is no such customer; another system may master it. */
const UNKNOWN_CUSTOMER: CustomerName = { name: undefined, active: true, version: 0 };

/** A license and the version of the customer's row that its name was taken from: 0 none, null where the order names it. */
export interface LicenseDraft {
  readonly license: License;
  readonly customerVersion: number | null;
}

/** Orders of one tenant. */
export interface TenantRequests {
  readonly actor: Actor;
  readonly orders: readonly IssueLicenseRequest[];
}

/** What some orders of one tenant are made into licenses with. */
export interface IssuanceTerms {
  /** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError, CustomerInactiveError, TrialNotAllowedError. */
  make(order: IssueLicenseRequest): LicenseDraft;
}

/**
 * Templates and names of customers. What was read a moment ago is used again, and may have changed since: so a license that
 * is made from it is only stored by the statement that compares it with what the database has by then, and is made anew
 * where that differs. See LicenseRepository.issueAll. What cannot be issued from is never remembered, since nothing would
 * compare a refusal.
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

  /** By tenant: from memory where it can be. */
  async getAll(all: readonly TenantRequests[]): Promise<ReadonlyMap<string, IssuanceTerms>> {
    const recallOne = async (part: TenantRequests) => {
      this.invalidateTrialRefusals(part);
      return [part.actor.tenantId, await this.recall(part)] as const;
    };
    return new Map(await Promise.all(all.map(recallOne)));
  }

  /** From memory; undefined where something has to be read. */
  getCached(actor: Actor, order: IssueLicenseRequest): IssuanceTerms | undefined {
    this.invalidateTrialRefusals({ actor, orders: [order] });
    const template = this.templates.get(rowKeyString(actor.tenantId, order.license_template_id));
    if (!template) return undefined;
    if (order.issued_to !== undefined) return this.toIssuanceTerms(() => template);
    const customer = this.customers.get(rowKeyString(actor.tenantId, order.customer_id));
    return (
      customer &&
      this.toIssuanceTerms(
        () => template,
        () => customer,
      )
    );
  }

  /** Terms as the unit of work sees them. Must be called inside one, where no cache holds anything. */
  readFresh(actor: Actor, order: IssueLicenseRequest): Promise<IssuanceTerms> {
    return this.recall({ actor, orders: [order] }, [order.customer_id]);
  }

  /** What this order needs is read anew next time. */
  invalidate(tenantId: string, order: IssueLicenseRequest): void {
    this.templates.invalidate([rowKeyString(tenantId, order.license_template_id)]);
    this.customers.invalidate([rowKeyString(tenantId, order.customer_id)]);
  }

  /** A template that allowed no trial when it was read may allow them now, and nothing would compare the refusal. */
  private invalidateTrialRefusals({ actor, orders }: TenantRequests): void {
    for (const { license_template_id: id, trial } of orders) {
      const key = rowKeyString(actor.tenantId, id);
      if (trial && this.templates.get(key)?.template.trialAllowed === false) this.templates.invalidate([key]);
    }
  }

  /**
   * An order that names its licensee needs no customer: the statement compares whether that is active, and what it does not store
   * is issued singly.
   */
  private async recall({ actor, orders }: TenantRequests, customers = customerIds(orders)): Promise<IssuanceTerms> {
    const [templates, names] = await Promise.all([
      getOrRead(this.templates, actor, templateIds(orders), (missing) => this.readTemplates(actor, missing)),
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
      make: (order) => {
        const template = assertIssuable(order.license_template_id, templateOf(order.license_template_id));
        const customer = customerOf?.(order.customer_id);
        if (customer?.active === false) throw new CustomerInactiveError(order.customer_id);
        const named = order.issued_to === undefined ? customer : undefined;
        return {
          license: License.issue(template, order, named?.name, now),
          customerVersion: named?.version ?? null,
        };
      },
    };
  }

  private async readTemplates(actor: Actor, ids: readonly string[]): Promise<Map<string, IssuableTemplate>> {
    const fill = this.templates.beginFill();
    const templates = await this.queries.execute(new GetIssuableTemplatesQuery(actor, ids));
    for (const readFresh of templates) {
      const { template, productActive } = readFresh;
      if (template.active && productActive) fill.put(rowKeyString(actor.tenantId, template.templateId), readFresh);
    }
    return new Map(templates.map((readFresh) => [readFresh.template.templateId, readFresh]));
  }

  private async readCustomers(actor: Actor, ids: readonly string[]): Promise<Map<string, CustomerName>> {
    const fill = this.customers.beginFill();
    const known = await this.queries.execute(new GetCustomerNamesQuery(actor, ids));
    const names = new Map(ids.map((id) => [id, known.get(id) ?? UNKNOWN_CUSTOMER]));
    for (const [id, name] of names) if (name.active) fill.put(rowKeyString(actor.tenantId, id), name);
    return names;
  }
}

/** By id: what is cached, and what `read` finds of the rest. */
async function getOrRead<T extends object>(
  cache: CommittedCache<T>,
  { tenantId }: Actor,
  ids: readonly string[],
  readFresh: (missing: readonly string[]) => Promise<Map<string, T>>,
): Promise<Map<string, T>> {
  const values = new Map<string, T>();
  const missing: string[] = [];
  for (const id of ids) {
    const value = cache.get(rowKeyString(tenantId, id));
    if (value) values.set(id, value);
    else missing.push(id);
  }
  if (missing.length > 0) for (const [id, value] of await readFresh(missing)) values.set(id, value);
  return values;
}

/** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
export function assertIssuable(templateId: string, getOrRead: IssuableTemplate | undefined) {
  if (!getOrRead) throw new TemplateNotFoundError(templateId);
  if (!getOrRead.template.active) throw new TemplateInactiveError(templateId);
  if (!getOrRead.productActive) throw new ProductInactiveError(getOrRead.template.productId);
  return getOrRead.template;
}

function templateIds(orders: readonly IssueLicenseRequest[]): string[] {
  return [...new Set(orders.map(({ license_template_id }) => license_template_id))];
}

/** Of those whose name is asked for. */
function customerIds(orders: readonly IssueLicenseRequest[]): string[] {
  const unnamed = orders.filter(({ issued_to }) => issued_to === undefined);
  return [...new Set(unnamed.map(({ customer_id }) => customer_id))];
}
