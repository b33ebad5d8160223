import {
  BadRequestException,
  HttpException,
  HttpStatus,
  PreconditionFailedException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { z } from 'zod';

/** Refusal of a seat, which the reports count by this code. */
export interface Denial {
  readonly denialCode: string;
}

/** Returns the code by which the reports count a refusal of a seat; undefined for any other error. */
export function denialCodeOf(error: unknown): string | undefined {
  return error instanceof HttpException ? (error as Partial<Denial>).denialCode : undefined;
}

/** The request does not match its schema. Nothing was changed. */
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

/** The request breaks a rule that its schema cannot express. */
export class InvalidFieldError extends ValidationError {
  constructor(pointer: string, detail: string) {
    super([{ pointer, detail }]);
  }
}

/** The cursor was created for another list or other filters. */
export class CursorMismatchError extends BadRequestException {
  constructor() {
    super(
      'The cursor does not belong to this list with these filters. Use `next_cursor` with the same filters, or begin without a cursor.',
      { errorCode: 'CURSOR_MISMATCH' },
    );
  }
}

/** The resource is at another version than If-Match names. Nothing was changed. */
export class PreconditionFailedError extends PreconditionFailedException {
  constructor(version: number) {
    super(`The resource is at version ${version}, not at the version in If-Match. Read it again.`, {
      errorCode: 'PRECONDITION_FAILED',
    });
  }
}

/** The tenant requires a version on every change, and the request has none. */
export class PreconditionRequiredError extends HttpException {
  constructor() {
    super('This tenant requires If-Match, or `version` in a batch line.', HttpStatus.PRECONDITION_REQUIRED, {
      errorCode: 'PRECONDITION_REQUIRED',
    });
  }
}

/** The server has no capacity for the request. Nothing was changed. */
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
