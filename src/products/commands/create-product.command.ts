import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateProductRequest } from '../product.requests.js';
import type { ProductResponse } from '../product.response.js';

/** Throws ValidationError, ProductExistsError. */
export class CreateProductCommand extends TenantCommand<ProductResponse> {
  static readonly operation = 'products.create';

  readonly product: CreateProductRequest;

  constructor(actor: Actor, product: z.input<typeof CreateProductRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.product = validated(CreateProductRequest, product);
  }

  get payload() {
    return { request: this.product };
  }
}
