import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import { CreateProductRequest, type ProductResponse } from '../product.dto.js';

/** Throws ValidationError, ProductExistsError. */
export class CreateProductCommand extends Command<ProductResponse> {
  readonly product: CreateProductRequest;

  constructor(
    readonly actor: Actor,
    product: z.input<typeof CreateProductRequest>,
  ) {
    super();
    this.product = validated(CreateProductRequest, product);
  }
}
