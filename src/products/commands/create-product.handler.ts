import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { ProductCreatedEvent } from '../events/product.events.js';
import { Product } from '../product.entity.js';
import { ProductExistsError } from '../product.errors.js';
import { ProductRepository } from '../product.repository.js';
import { CreateProductCommand } from './create-product.command.js';
import { toProductResponse } from '../product.response.js';

@CommandHandler(CreateProductCommand)
export class CreateProductHandler implements ICommandHandler<CreateProductCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly products: ProductRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateProductCommand) {
    const { actor, product: input } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const product = Product.create(actor.tenantId, input, now);
      await this.products.insert(product).catch((error: unknown) => {
        if (violates(error, 'billing_products_pkey')) throw new ProductExistsError(product.productId);
        if (violates(error, 'billing_products_tenant')) throw new TenantNotFoundError();
        throw error;
      });
      transaction.record(new ProductCreatedEvent(actor, now, product.productId, product.snapshot()));
      return toProductResponse(product);
    });
  }
}
