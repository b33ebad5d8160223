import { z } from 'zod';
import { Problem } from '../../shared/http/problem.js';
import type { BatchOutcome } from './license-batch-runner.js';
import { toProblem } from '../../shared/http/to-problem.js';
import { IssuedLicense, LicenseSummary, type LicenseResponse } from '../license.response.js';

const resultWith = <License extends z.ZodType>(success: 200 | 201, license: License) =>
  z.object({
    line: z.int().meta({ description: 'Number of the line in the request, from 1.' }),
    status: z.int().meta({
      description: `Status of this line: ${success}, or that of the problem.`,
      examples: [success],
    }),
    license: license.optional(),
    replayed: z.literal(true).optional().meta({ description: 'True if the result was stored by an earlier request.' }),
    problem: Problem.optional(),
  });

/** Result of one line that issues a license. */
export const BatchIssueResult = resultWith(201, IssuedLicense).meta({ id: 'BatchIssueResult' });

export const BatchActionResult = resultWith(200, LicenseSummary).meta({ id: 'BatchActionResult' });

export function toBatchIssueResult(outcome: BatchOutcome<IssuedLicense>, requestId: string) {
  return toResult(outcome, requestId, (license) => ({ status: 201, license }));
}

/** Omits the large fields, because members with undefined are not sent. */
export function toBatchActionResult(outcome: BatchOutcome<LicenseResponse>, requestId: string) {
  const large = {
    overrides: undefined,
    features: undefined,
    restrictions: undefined,
    pricing: undefined,
    metadata: undefined,
  };
  return toResult(outcome, requestId, (license) => ({ status: 200, license: { ...license, ...large } }));
}

function toResult<License>(outcome: BatchOutcome<License>, requestId: string, toSuccess: (license: License) => object) {
  const { line } = outcome;
  if ('license' in outcome) {
    return { line, ...toSuccess(outcome.license), ...(outcome.replayed && { replayed: true }) };
  }
  const problem = toProblem(outcome.error, requestId);
  return { line, status: problem.status, problem };
}
