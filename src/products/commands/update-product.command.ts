import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateProductRequest } from '../product.requests.js';
import type { ProductResponse } from '../product.response.js';

/** Throws ValidationError, ProductNotFoundError. */
export class UpdateProductCommand extends TenantCommand<ProductResponse> {
  static readonly operation = 'products.update';

  readonly patch: UpdateProductRequest;

  constructor(
    actor: Actor,
    readonly productId: string,
    patch: z.input<typeof UpdateProductRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.patch = validated(UpdateProductRequest, patch);
  }

  get payload() {
    return { product_id: this.productId, patch: this.patch };
  }
}
