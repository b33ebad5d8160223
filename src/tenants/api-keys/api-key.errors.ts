import { ConflictException, ForbiddenException, NotFoundException } from '@nestjs/common';

export class ApiKeyNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`There is no API key ${id}.`, { errorCode: 'API_KEY_NOT_FOUND' });
  }
}

export class ApiKeyInactiveError extends ConflictException {
  constructor(id: string) {
    super(`The API key ${id} is revoked or expired. Create a new one.`, { errorCode: 'API_KEY_INACTIVE' });
  }
}

/** The actor would grant, or obtain, permissions that it does not have. */
export class GrantExceededError extends ForbiddenException {
  constructor(detail: string) {
    super(detail, { errorCode: 'GRANT_EXCEEDED' });
  }
}
