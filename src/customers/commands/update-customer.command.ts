import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateCustomerRequest } from '../customer.requests.js';
import type { CustomerResponse } from '../customer.response.js';

/** Throws ValidationError, CustomerNotFoundError. */
export class UpdateCustomerCommand extends TenantCommand<CustomerResponse> {
  static readonly operation = 'customers.update';

  readonly patch: UpdateCustomerRequest;

  constructor(
    actor: Actor,
    readonly customerId: string,
    patch: z.input<typeof UpdateCustomerRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.patch = validated(UpdateCustomerRequest, patch);
  }

  get payload() {
    return { customer_id: this.customerId, patch: this.patch };
  }
}
