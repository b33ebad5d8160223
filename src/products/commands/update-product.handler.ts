import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ProductUpdatedEvent } from '../events/product.events.js';
import { ProductNotFoundError } from '../product.errors.js';
import { ProductRepository } from '../product.repository.js';
import { UpdateProductCommand } from './update-product.command.js';
import { toProductResponse } from '../product.response.js';

@CommandHandler(UpdateProductCommand)
export class UpdateProductHandler implements ICommandHandler<UpdateProductCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly products: ProductRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: UpdateProductCommand) {
    const { actor, productId } = command;
    const { reason, ...patch } = command.patch;
    return this.unitOfWork.perform(command, async (transaction) => {
      const product = await this.products.findForUpdate(actor.tenantId, productId);
      if (!product) throw new ProductNotFoundError(productId);
      const now = this.clock.now();
      product.assertVersion(command.options.ifMatch);
      const change = product.update(patch, now);
      if (change) {
        await this.products.update(product);
        transaction.record(new ProductUpdatedEvent(actor, now, productId, change, reason));
      }
      return toProductResponse(product);
    });
  }
}
