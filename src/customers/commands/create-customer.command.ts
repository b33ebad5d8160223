import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateCustomerRequest } from '../customer.requests.js';
import type { CustomerResponse } from '../customer.response.js';

/** Throws ValidationError, CustomerExistsError. */
export class CreateCustomerCommand extends TenantCommand<CustomerResponse> {
  static readonly operation = 'customers.create';

  readonly customer: CreateCustomerRequest;

  constructor(actor: Actor, customer: z.input<typeof CreateCustomerRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.customer = validated(CreateCustomerRequest, customer);
  }

  get payload() {
    return { request: this.customer };
  }
}
