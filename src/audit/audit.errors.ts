import { ConflictException } from '@nestjs/common';

/** More events than the maximum were recorded since the requested time. A later time can succeed. */
export class HistoryTooLongError extends ConflictException {
  constructor(max: number) {
    super(`More than ${max} changes were recorded since. Choose a later \`as_of\`.`, { errorCode: 'HISTORY_TOO_LONG' });
  }
}
