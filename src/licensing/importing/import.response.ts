import { z } from 'zod';
import { Problem } from '../../shared/http/problem.js';
import { toProblem } from '../../shared/http/to-problem.js';
import type { ImportOutcome } from './import-licenses.command.js';

/** Result of one line of an import. */
export const ImportResult = z
  .object({
    line: z.int().meta({ description: 'Number of the line in the request, from 1.' }),
    outcome: z.enum(['IMPORTED', 'KNOWN', 'IMPORTABLE', 'REFUSED']).meta({
      id: 'ImportOutcome',
      description:
        'IMPORTED: stored now. KNOWN: stored before, and left as it is. IMPORTABLE: only with `dry_run`, would be stored. REFUSED: see `problem`.',
    }),
    status: z.int().meta({ description: '201: IMPORTED. 200: KNOWN, IMPORTABLE. Else that of the problem.' }),
    license_id: z.uuid().optional(),
    license_key: z.string().optional().meta({ description: 'Only if the line had none: the new license key.' }),
    problem: Problem.optional(),
  })
  .meta({ id: 'ImportResult' });

export function toImportResult(outcome: ImportOutcome, requestId: string): z.infer<typeof ImportResult> {
  const { line } = outcome;
  switch (outcome.outcome) {
    case 'REFUSED': {
      const problem = toProblem(outcome.error, requestId);
      return { line, outcome: 'REFUSED', status: problem.status, problem };
    }
    case 'IMPORTABLE':
      return { line, outcome: 'IMPORTABLE', status: 200 };
    default:
      return {
        line,
        outcome: outcome.outcome,
        status: outcome.outcome === 'IMPORTED' ? 201 : 200,
        license_id: outcome.licenseId,
        ...(outcome.licenseKey !== undefined && { license_key: outcome.licenseKey }),
      };
  }
}
