import { ConflictException, NotFoundException } from '@nestjs/common';

export class ProductNotFoundError extends NotFoundException {
  constructor(productId: string) {
    super(`There is no product ${productId}.`, { errorCode: 'PRODUCT_NOT_FOUND' });
  }
}

export class ProductExistsError extends ConflictException {
  constructor(productId: string) {
    super(`There is already a product ${productId}.`, { errorCode: 'PRODUCT_EXISTS' });
  }
}
