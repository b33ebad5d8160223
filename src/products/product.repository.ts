import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { TenantRepository } from '../shared/tenancy/tenant.repository.js';
import { Product } from './product.entity.js';

@Injectable()
export class ProductRepository extends TenantRepository<Product> {
  constructor(unitOfWork: UnitOfWork) {
    super(Product, 'productId', unitOfWork);
  }
}
