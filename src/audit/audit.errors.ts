import { ConflictException } from '@nestjs/common';

/** Too much has happened since the time that was asked for. A later time can be asked for. */
export class HistoryTooLongError extends ConflictException {
  constructor(max: number) {
    super(`More than ${max} changes were recorded since. Choose a later \`as_of\`.`, { errorCode: 'HISTORY_TOO_LONG' });
  }
}
