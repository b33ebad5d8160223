import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { UpdateProductRequest, type ProductResponse } from '../product.dto.js';

/** Throws ValidationError, ProductNotFoundError. */
export class UpdateProductCommand extends Command<ProductResponse> {
  readonly patch: UpdateProductRequest;

  constructor(
    readonly actor: Actor,
    readonly productId: string,
    patch: z.input<typeof UpdateProductRequest>,
  ) {
    super();
    this.patch = validated(UpdateProductRequest, patch);
  }
}
