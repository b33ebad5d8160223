import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Product } from './product.entity.js';

@Injectable()
export class ProductRepository extends TenantScopedRepository<Product> {
  constructor(unitOfWork: UnitOfWork) {
    super(Product, 'productId', unitOfWork);
  }
}
