import { ConflictException } from '@nestjs/common';

/** A line contradicts a license that is stored, or a line before it. */
export class ImportConflictError extends ConflictException {
  constructor(reason: string) {
    super(`The line was not imported: ${reason}.`, { errorCode: 'IMPORT_CONFLICT' });
  }
}
