import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Customer } from './customer.entity.js';

@Injectable()
export class CustomerRepository extends TenantScopedRepository<Customer> {
  constructor(unitOfWork: UnitOfWork) {
    super(Customer, 'customerId', unitOfWork);
  }
}
