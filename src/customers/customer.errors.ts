import { ConflictException, NotFoundException } from '@nestjs/common';

export class CustomerNotFoundError extends NotFoundException {
  constructor(customerId: string) {
    super(`There is no customer ${customerId}.`, { errorCode: 'CUSTOMER_NOT_FOUND' });
  }
}

export class CustomerExistsError extends ConflictException {
  constructor(customerId: string) {
    super(`There is already a customer ${customerId}.`, { errorCode: 'CUSTOMER_EXISTS' });
  }
}
