import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { CustomerInactiveError, GetCustomerNamesQuery, type CustomerName } from '../customers/index.js';
import { Clock } from '../shared/clock.js';
import { CommittedCache } from '../shared/events/committed-cache.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { Actor } from '../shared/tenancy/actor.js';
import { rowName } from '../shared/tenancy/tenant.repository.js';
import { GetIssuableTemplatesQuery, TemplateNotFoundError, type IssuableTemplate } from '../templates/index.js';
import type { IssueLicenseRequest } from './license.dto.js';
import { License } from './license.entity.js';
import { ProductInactiveError, TemplateInactiveError } from './license.errors.js';

const MAX_TEMPLATES = 2_000;
const MAX_CUSTOMERS = 10_000;
/** Names of people are not kept in memory for long. */
const REMEMBERED_MS = 60_000;

/** What a name is taken from when there is no such customer; another system may master it. */
const NO_CUSTOMER: CustomerName = { name: undefined, active: true, version: 0 };

/** A license and the version of the customer's row that its name was taken from: 0 none, null where the order names it. */
export interface MadeLicense {
  readonly license: License;
  readonly customerVersion: number | null;
}

/** Orders of one tenant. */
export interface TenantOrders {
  readonly actor: Actor;
  readonly orders: readonly IssueLicenseRequest[];
}

/** What some orders of one tenant are made into licenses with. */
export interface Terms {
  /** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError, CustomerInactiveError, TrialNotAllowedError. */
  make(order: IssueLicenseRequest): MadeLicense;
}

/**
 * Templates and names of customers. What was read a moment ago is used again, and may have changed since: so a license that
 * is made from it is only stored by the statement that compares it with what the database has by then, and is made anew
 * where that differs. See LicenseRepository.issueAll. What cannot be issued from is never remembered, since nothing would
 * compare a refusal.
 */
@Injectable()
export class IssuingTerms {
  private readonly templates: CommittedCache<IssuableTemplate>;
  private readonly customers: CommittedCache<CustomerName>;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    unitOfWork: UnitOfWork,
  ) {
    this.templates = new CommittedCache(unitOfWork, { max: MAX_TEMPLATES, ttl: REMEMBERED_MS });
    this.customers = new CommittedCache(unitOfWork, { max: MAX_CUSTOMERS, ttl: REMEMBERED_MS });
  }

  /** By tenant: from memory where it can be. */
  async recallAll(all: readonly TenantOrders[]): Promise<ReadonlyMap<string, Terms>> {
    const recallOne = async (part: TenantOrders) => {
      this.forgetRefusals(part);
      return [part.actor.tenantId, await this.recall(part)] as const;
    };
    return new Map(await Promise.all(all.map(recallOne)));
  }

  /** From memory; undefined where something has to be read. */
  recallNow(actor: Actor, order: IssueLicenseRequest): Terms | undefined {
    this.forgetRefusals({ actor, orders: [order] });
    const template = this.templates.get(rowName(actor.tenantId, order.license_template_id));
    if (!template) return undefined;
    if (order.issued_to !== undefined) return this.termsOf(() => template);
    const customer = this.customers.get(rowName(actor.tenantId, order.customer_id));
    return (
      customer &&
      this.termsOf(
        () => template,
        () => customer,
      )
    );
  }

  /** Terms as the unit of work sees them. Must be called inside one, where no cache holds anything. */
  read(actor: Actor, order: IssueLicenseRequest): Promise<Terms> {
    return this.recall({ actor, orders: [order] }, [order.customer_id]);
  }

  /** What this order needs is read anew next time. */
  forget(tenantId: string, order: IssueLicenseRequest): void {
    this.templates.invalidate([rowName(tenantId, order.license_template_id)]);
    this.customers.invalidate([rowName(tenantId, order.customer_id)]);
  }

  /** A template that allowed no trial when it was read may allow them now, and nothing would compare the refusal. */
  private forgetRefusals({ actor, orders }: TenantOrders): void {
    for (const { license_template_id: id, trial } of orders) {
      const key = rowName(actor.tenantId, id);
      if (trial && this.templates.get(key)?.template.trialAllowed === false) this.templates.invalidate([key]);
    }
  }

  /**
   * An order that names its licensee needs no customer: the statement compares whether that is active, and what it does not store
   * is issued singly.
   */
  private async recall({ actor, orders }: TenantOrders, customers = customerIds(orders)): Promise<Terms> {
    const [templates, names] = await Promise.all([
      found(this.templates, actor, templateIds(orders), (missing) => this.readTemplates(actor, missing)),
      found(this.customers, actor, customers, (missing) => this.readCustomers(actor, missing)),
    ]);
    return this.termsOf(
      (id) => templates.get(id),
      (id) => names.get(id),
    );
  }

  private termsOf(
    templateOf: (id: string) => IssuableTemplate | undefined,
    customerOf?: (id: string) => CustomerName | undefined,
  ): Terms {
    const now = this.clock.now();
    return {
      make: (order) => {
        const template = issuable(order.license_template_id, templateOf(order.license_template_id));
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
    for (const read of templates) {
      const { template, productActive } = read;
      if (template.active && productActive) fill.put(rowName(actor.tenantId, template.templateId), read);
    }
    return new Map(templates.map((read) => [read.template.templateId, read]));
  }

  private async readCustomers(actor: Actor, ids: readonly string[]): Promise<Map<string, CustomerName>> {
    const fill = this.customers.beginFill();
    const known = await this.queries.execute(new GetCustomerNamesQuery(actor, ids));
    const names = new Map(ids.map((id) => [id, known.get(id) ?? NO_CUSTOMER]));
    for (const [id, name] of names) if (name.active) fill.put(rowName(actor.tenantId, id), name);
    return names;
  }
}

/** By id: what is cached, and what `read` finds of the rest. */
async function found<T extends object>(
  cache: CommittedCache<T>,
  { tenantId }: Actor,
  ids: readonly string[],
  read: (missing: readonly string[]) => Promise<Map<string, T>>,
): Promise<Map<string, T>> {
  const values = new Map<string, T>();
  const missing: string[] = [];
  for (const id of ids) {
    const value = cache.get(rowName(tenantId, id));
    if (value) values.set(id, value);
    else missing.push(id);
  }
  if (missing.length > 0) for (const [id, value] of await read(missing)) values.set(id, value);
  return values;
}

/** Throws TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
export function issuable(templateId: string, found: IssuableTemplate | undefined) {
  if (!found) throw new TemplateNotFoundError(templateId);
  if (!found.template.active) throw new TemplateInactiveError(templateId);
  if (!found.productActive) throw new ProductInactiveError(found.template.productId);
  return found.template;
}

function templateIds(orders: readonly IssueLicenseRequest[]): string[] {
  return [...new Set(orders.map(({ license_template_id }) => license_template_id))];
}

/** Of those whose name is asked for. */
function customerIds(orders: readonly IssueLicenseRequest[]): string[] {
  const unnamed = orders.filter(({ issued_to }) => issued_to === undefined);
  return [...new Set(unnamed.map(({ customer_id }) => customer_id))];
}
