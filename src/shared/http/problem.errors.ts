import { BadRequestException } from '@nestjs/common';
import type { FieldProblem } from './problem.js';

/** The request does not have the documented shape. Nothing was changed. */
export class ValidationError extends BadRequestException {
  constructor(readonly errors: readonly FieldProblem[]) {
    super('The request is not valid; see errors.', { errorCode: 'VALIDATION_FAILED' });
  }
}

export class InvalidParameterError extends ValidationError {
  constructor(parameter: string, detail: string) {
    super([{ parameter, detail }]);
  }
}

/** A rule between fields of the body was broken. */
export class InvalidFieldError extends ValidationError {
  constructor(pointer: string, detail: string) {
    super([{ pointer, detail }]);
  }
}
