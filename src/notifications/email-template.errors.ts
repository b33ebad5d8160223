import { NotFoundException } from '@nestjs/common';

export class EmailTemplateNotFoundError extends NotFoundException {
  constructor(template: string, language: string) {
    super(`The tenant has no texts of its own for ${template} in ${language}.`, {
      errorCode: 'EMAIL_TEMPLATE_NOT_FOUND',
    });
  }
}
