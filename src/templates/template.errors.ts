import { ConflictException, NotFoundException } from '@nestjs/common';

export class TemplateNotFoundError extends NotFoundException {
  constructor(templateId: string) {
    super(`There is no license template ${templateId}.`, { errorCode: 'TEMPLATE_NOT_FOUND' });
  }
}

export class TemplateExistsError extends ConflictException {
  constructor(templateId: string) {
    super(`There is already a license template ${templateId}.`, { errorCode: 'TEMPLATE_EXISTS' });
  }
}

export class TemplateNameTakenError extends ConflictException {
  constructor(name: string) {
    super(`Another license template is called "${name}".`, { errorCode: 'TEMPLATE_NAME_TAKEN' });
  }
}
