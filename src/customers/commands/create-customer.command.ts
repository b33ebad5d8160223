import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { CreateCustomerRequest, type CustomerResponse } from '../customer.dto.js';

/** Throws ValidationError, CustomerExistsError. */
export class CreateCustomerCommand extends Command<CustomerResponse> {
  readonly customer: CreateCustomerRequest;

  constructor(
    readonly actor: Actor,
    customer: z.input<typeof CreateCustomerRequest>,
  ) {
    super();
    this.customer = validated(CreateCustomerRequest, customer);
  }
}
