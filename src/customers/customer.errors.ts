import { ConflictException, NotFoundException } from '@nestjs/common';

export class CustomerNotFoundError extends NotFoundException {
  constructor(customerId: string) {
    super(`There is no customer ${customerId}.`, { errorCode: 'CUSTOMER_NOT_FOUND' });
  }
}

export class CustomerInactiveError extends ConflictException {
  constructor(customerId: string) {
    super(`The customer ${customerId} is archived. Set \`active\` to true first.`, { errorCode: 'CUSTOMER_INACTIVE' });
  }
}

export class CustomerExistsError extends ConflictException {
  constructor(customerId: string) {
    super(`There is already a customer ${customerId}.`, { errorCode: 'CUSTOMER_EXISTS' });
  }
}
