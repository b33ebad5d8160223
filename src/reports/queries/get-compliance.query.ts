import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ComplianceRequest } from '../report.requests.js';
import type { ComplianceReport } from '../report.response.js';

/** Lists licenses that are over-used, or used although they ended. */
export class GetComplianceQuery extends Query<ComplianceReport> {
  constructor(
    readonly actor: Actor,
    readonly request: ComplianceRequest,
  ) {
    super();
  }
}
