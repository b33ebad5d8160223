import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { UpdateCustomerRequest, type CustomerResponse } from '../customer.dto.js';

/** Throws ValidationError, CustomerNotFoundError. */
export class UpdateCustomerCommand extends Command<CustomerResponse> {
  readonly patch: UpdateCustomerRequest;

  constructor(
    readonly actor: Actor,
    readonly customerId: string,
    patch: z.input<typeof UpdateCustomerRequest>,
  ) {
    super();
    this.patch = validated(UpdateCustomerRequest, patch);
  }
}
