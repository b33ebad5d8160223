import { ConflictException, NotFoundException } from '@nestjs/common';

export class LicenseNotFoundError extends NotFoundException {
  constructor(licenseId: string) {
    super(`There is no license ${licenseId}.`, { errorCode: 'LICENSE_NOT_FOUND' });
  }
}

export class TemplateInactiveError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} is archived.`, { errorCode: 'TEMPLATE_INACTIVE' });
  }
}

export class ProductInactiveError extends ConflictException {
  constructor(productId: string) {
    super(`The product ${productId} is archived.`, { errorCode: 'PRODUCT_INACTIVE' });
  }
}
