import { Query } from '@nestjs/cqrs';
import type { CreateTemplateRequest } from '../../templates/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';
import type { IssueLicenseRequest } from '../license.requests.js';
import type { LicensePreview } from './license-preview.response.js';

/** License that an issue would store, and its wire form. */
export interface PreviewedIssue {
  readonly license: License;
  readonly preview: LicensePreview;
}

/** Issue request without a template and a customer. */
export type IssueOptionsRequest = Omit<IssueLicenseRequest, 'license_template_id' | 'customer_id'> & {
  readonly customer_id?: string | undefined;
};

/** Issue request that names its template, or brings one that is not stored. */
export type IssueToPreview =
  | { readonly request: IssueLicenseRequest; readonly template?: undefined }
  | { readonly request: IssueOptionsRequest; readonly template: CreateTemplateRequest };

/** Returns the license that `POST /v1/licenses` would issue, and throws what that would refuse. Stores nothing. */
export class PreviewIssueQuery extends Query<PreviewedIssue> {
  constructor(
    readonly actor: Actor,
    readonly issue: IssueToPreview,
  ) {
    super();
  }
}
