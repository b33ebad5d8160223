import {
  BadRequestException,
  HttpException,
  HttpStatus,
  PreconditionFailedException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { z } from 'zod';

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

/** A cursor is only good for the list and the filters that it was given with. */
export class CursorMismatchError extends BadRequestException {
  constructor() {
    super(
      'The cursor does not belong to this list with these filters. Use `next_cursor` with the same filters, or begin without a cursor.',
      { errorCode: 'CURSOR_MISMATCH' },
    );
  }
}

/** The resource is at another version than the caller knows. Nothing was changed. */
export class PreconditionFailedError extends PreconditionFailedException {
  constructor(version: number) {
    super(`The resource is at version ${version}, not at the version in If-Match. Read it again.`, {
      errorCode: 'PRECONDITION_FAILED',
    });
  }
}

/** The tenant demands that changes name the version they were made for. */
export class PreconditionRequiredError extends HttpException {
  constructor() {
    super('This tenant requires If-Match, or `version` in a batch line.', HttpStatus.PRECONDITION_REQUIRED, {
      errorCode: 'PRECONDITION_REQUIRED',
    });
  }
}

/** Nothing was changed. */
export class OverloadedError extends ServiceUnavailableException {
  constructor() {
    super('The server is overloaded. Nothing was changed; retry shortly.', {
      errorCode: 'OVERLOADED',
    });
  }
}

export const FieldProblem = z
  .object({
    pointer: z
      .string()
      .optional()
      .meta({ description: 'JSON pointer (RFC 6901) into the body.', examples: ['/features/0'] }),
    parameter: z.string().optional().meta({ description: 'Name of the path or query parameter.' }),
    detail: z.string().meta({ examples: ['is required'] }),
  })
  .meta({ id: 'FieldProblem' });
export type FieldProblem = z.infer<typeof FieldProblem>;
