import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { type FieldProblem, ValidationError } from '../errors.js';
import './schema-messages.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  /** Unknown fields that zod reports for a strict object. */
  readonly keys?: readonly string[];
}

/** Maximum number of reported faults, because a body of 1 MiB could have a hundred thousand. */
const MAX_ISSUES = 50;

/** Validates parameters with the schema of the route and reports the place of each fault. A missing body counts as an empty object. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, { schema, type, data }: ArgumentMetadata): Promise<unknown> {
    if (!schema || type === 'custom') return value;
    const result = await schema['~standard'].validate(value === undefined && type === 'body' ? {} : value);
    if (!result.issues) return result.value;
    throw validationError(result.issues, type, data);
  }
}

/** Validates input that another module sends over the command bus. Throws ValidationError. */
export function validated<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return withoutUndefined(result.data);
  throw validationError(result.error.issues, 'body', undefined);
}

/** Removes undefined members, which mean the same as absent ones. */
function withoutUndefined<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

function validationError(issues: readonly Issue[], type: ArgumentMetadata['type'], data: string | undefined) {
  const faults = issues.slice(0, MAX_ISSUES).flatMap((issue) => withUnknownKeys(issue, type));
  return new ValidationError(distinct(faults.slice(0, MAX_ISSUES).map((issue) => toFieldProblem(issue, type, data))));
}

function withUnknownKeys(issue: Issue, type: ArgumentMetadata['type']): Issue[] {
  if (!issue.keys) return [issue];
  const message = type === 'body' ? 'unknown field' : 'unknown parameter';
  return issue.keys.slice(0, MAX_ISSUES).map((key) => ({ message, path: [...(issue.path ?? []), key] }));
}

/** Removes duplicates: several rules of a value may share a text, such as both bounds of an integer. */
function distinct(problems: readonly FieldProblem[]): FieldProblem[] {
  return [...new Map(problems.map((fault) => [JSON.stringify(fault), fault])).values()];
}

function toFieldProblem(issue: Issue, type: ArgumentMetadata['type'], data: string | undefined): FieldProblem {
  const path = (issue.path ?? []).map(segmentName);
  if (type === 'body')
    return { pointer: path.map((name) => `/${escapePointer(name)}`).join(''), detail: issue.message };
  return { parameter: data ?? path.join('.'), detail: issue.message };
}

function segmentName(segment: unknown): string {
  return String(typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment);
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
