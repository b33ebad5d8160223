import type { Actor } from '../../shared/access/actor.js';
import { Customer } from '../customer.entity.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import type { CreateCustomerRequest } from '../customer.requests.js';

/** Customer of an imported license: its id, its e-mail address, or both, with what it is made of if there is none. */
export type ImportedCustomer = Partial<
  Pick<CreateCustomerRequest, 'customer_id' | 'email' | 'first_name' | 'last_name' | 'company_name'>
>;

/** Customer that exists or can be made; one that is known by its id alone has no row. */
export interface FoundCustomer {
  readonly customerId: string;
  /** Undefined: the customer has no row, or no name. */
  readonly name: string | undefined;
  readonly active: boolean;
  readonly hasRow: boolean;
}

/** Customer that a plan made, and that may not be stored. */
export type PlannedCustomer = Customer;

const NOTHING = { first_name: null, last_name: null, email: null, company_name: null };

/** Customers of the lines of an import: those that exist, of one e-mail address the oldest, and those that are made for lines. */
export class CustomerPlan {
  /** Customers that are made with the import. */
  readonly kept: Customer[] = [];
  private readonly byId = new Map<string, FoundCustomer>();
  private readonly byEmail = new Map<string, FoundCustomer>();
  private readonly made = new Map<FoundCustomer, Customer>();

  constructor(
    private readonly actor: Actor,
    existing: readonly Customer[],
    private readonly now: Date,
    private readonly insert: (customers: readonly Customer[]) => Promise<void>,
  ) {
    for (const customer of existing) this.add(toFound(customer), customer);
  }

  /**
   * Returns the customer of a line; a new one exists for later lines only once it is kept. Throws InvalidFieldError, and
   * CustomerNotFoundError for an id that is not one of a partner's customers.
   */
  find(input: ImportedCustomer): FoundCustomer {
    const { customer_id: customerId, email, ...names } = input;
    const known =
      customerId === undefined
        ? typeof email === 'string' && this.byEmail.get(email.toLowerCase())
        : this.byId.get(customerId);
    if (known) return known;
    if (customerId !== undefined && this.actor.partnerId !== undefined) throw new CustomerNotFoundError(customerId);
    // Another system may keep a customer of which only the id is known.
    if (customerId !== undefined && email === undefined && Object.keys(names).length === 0)
      return { customerId, name: undefined, active: true, hasRow: false };
    const customer = Customer.create(this.actor, { ...NOTHING, ...input, active: true, metadata: {} }, this.now);
    const found = toFound(customer);
    this.made.set(found, customer);
    return found;
  }

  /** Returns the id of a customer that is not a new one. */
  knownId({ customer_id: customerId, email }: ImportedCustomer): string | undefined {
    if (customerId !== undefined || typeof email !== 'string') return customerId;
    return this.byEmail.get(email.toLowerCase())?.customerId;
  }

  /** Makes the customer with the import, if there is none. */
  keep(found: FoundCustomer): void {
    const customer = this.made.get(found);
    if (!customer || this.byId.get(customer.customerId) === found) return;
    this.kept.push(customer);
    this.add(found, customer);
  }

  /** Stores the customers that are made, with their events. */
  async store(): Promise<void> {
    if (this.kept.length > 0) await this.insert(this.kept);
  }

  private add(found: FoundCustomer, { email }: Customer): void {
    this.byId.set(found.customerId, found);
    const address = email?.toLowerCase();
    if (address !== undefined && !this.byEmail.has(address)) this.byEmail.set(address, found);
  }
}

function toFound({ customerId, displayName, active }: Customer): FoundCustomer {
  return { customerId, name: displayName || undefined, active, hasRow: true };
}
