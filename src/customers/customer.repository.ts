import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { TenantRepository } from '../shared/tenancy/tenant.repository.js';
import { Customer } from './customer.entity.js';

@Injectable()
export class CustomerRepository extends TenantRepository<Customer> {
  constructor(unitOfWork: UnitOfWork) {
    super(Customer, 'customerId', unitOfWork);
  }
}
