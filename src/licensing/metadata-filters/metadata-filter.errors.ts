import { BadRequestException, ConflictException } from '@nestjs/common';

/** The tenant has not declared the metadata key as a filter. */
export class FilterNotDeclaredError extends BadRequestException {
  constructor(key: string) {
    super(`The metadata key ${key} is not declared as a filter. Add it to \`metadata_filters\` of the settings.`, {
      errorCode: 'FILTER_NOT_DECLARED',
    });
  }
}

/** The values of existing licenses by the metadata key are still being filled in. */
export class FilterNotReadyError extends ConflictException {
  constructor(key: string) {
    super(`The filter by the metadata key ${key} is still being prepared. Try again later.`, {
      errorCode: 'FILTER_NOT_READY',
    });
  }
}
