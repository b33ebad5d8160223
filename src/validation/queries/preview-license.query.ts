import { Query } from '@nestjs/cqrs';
import type { IssueToPreview } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { PreviewLicenseRequest } from '../preview.requests.js';
import type { IssuePreview } from '../preview.response.js';

/** Returns the license that would be issued, and its validation; see PreviewIssueQuery. */
export class PreviewLicenseQuery extends Query<IssuePreview> {
  constructor(
    readonly actor: Actor,
    readonly issue: IssueToPreview,
    readonly validate: NonNullable<PreviewLicenseRequest['validate']> = {},
  ) {
    super();
  }
}
