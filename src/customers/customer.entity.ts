import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { Change } from '../shared/persistence/change.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { CreateCustomerRequest, CustomerPatch } from './customer.requests.js';
import type { JsonObject } from '../shared/json.js';
import type { TenantScope } from '../shared/tenant-scope.js';

/** A party that licenses are issued to. The id may come from another system. */
@Entity('customers')
export class Customer extends VersionedRow {
  @PrimaryColumn('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text', { name: 'first_name', nullable: true })
  firstName!: string | null;

  @Column('text', { name: 'last_name', nullable: true })
  lastName!: string | null;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { name: 'company_name', nullable: true })
  companyName!: string | null;

  /** Language tag of texts for the customer; null: none was given. */
  @Column('text', { nullable: true })
  language!: string | null;

  @Column('boolean')
  active!: boolean;

  @Column('jsonb')
  metadata!: JsonObject;

  /** Partner whose key made the customer; never changes. Null: none. */
  @Column({ type: 'uuid', name: 'partner_id', nullable: true, update: false })
  partnerId!: string | null;

  /**
   * Throws InvalidFieldError if the customer has no name, company or e-mail address, or if a partner chooses its id: ids are those of the
   * tenant, so a conflict would tell of the customers of others.
   */
  static create({ tenantId, partnerId }: TenantScope, input: CreateCustomerRequest, now: Date): Customer {
    if (partnerId !== undefined && input.customer_id !== undefined)
      throw new InvalidFieldError('/customer_id', 'must be left out with the key of a partner');
    const customer = Object.assign(new Customer(), Customer.newRow(tenantId, now));
    customer.partnerId = partnerId ?? null;
    customer.customerId = input.customer_id ?? newId();
    customer.metadata = input.metadata;
    customer.language = null;
    customer.set(input);
    return customer;
  }

  /** Returns undefined if the patch changes nothing. Throws InvalidFieldError. */
  update(patch: CustomerPatch, now: Date): Change | undefined {
    const before = this.snapshot();
    if (patch.metadata) this.metadata = mergeFreeForm(this.metadata, patch.metadata, '/metadata');
    this.set(patch);
    return this.changedSince(before, this.snapshot(), now);
  }

  /** Returns "first last", else the company, else the e-mail address. */
  get displayName(): string {
    const fullName = [this.firstName, this.lastName].filter((part) => part !== null).join(' ');
    return [fullName, this.companyName, this.email].find((name) => name) ?? '';
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    const { firstName, lastName, email, companyName, language, active, metadata } = this;
    return { first_name: firstName, last_name: lastName, email, company_name: companyName, language, active, metadata };
  }

  private set(fields: CustomerPatch): void {
    if (fields.first_name !== undefined) this.firstName = fields.first_name;
    if (fields.last_name !== undefined) this.lastName = fields.last_name;
    if (fields.email !== undefined) this.email = fields.email;
    if (fields.company_name !== undefined) this.companyName = fields.company_name;
    if (fields.language !== undefined) this.language = fields.language;
    if (fields.active !== undefined) this.active = fields.active;
    if (!this.displayName) {
      throw new InvalidFieldError('', 'must contain at least one of first_name, last_name, company_name and email');
    }
  }
}
