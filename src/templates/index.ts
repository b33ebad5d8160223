export { CreateTemplateCommand } from './commands/create-template.command.js';
export { DuplicateTemplateCommand } from './commands/duplicate-template.command.js';
export { UpdateTemplateCommand } from './commands/update-template.command.js';
export { TemplateCreatedEvent, TemplateUpdatedEvent } from './events/template.events.js';
export {
  isTrialType,
  Feature,
  FeatureInput,
  LicenseModel,
  LicenseType,
  LimitType,
  ResetPeriod,
  LicenseTerms,
  Term,
  TERM_COLUMNS,
  termFields,
  termOf,
  type DeactivationLimit,
  type EvictionPolicy,
  type OveragePolicy,
} from './license-terms.js';
export { Restriction } from './restriction-types.js';
export { GetIssuableTemplatesQuery } from './queries/get-issuable-templates.query.js';
export { GetTemplateQuery } from './queries/get-template.query.js';
export { ListTemplatesQuery } from './queries/list-templates.query.js';
export {
  MAX_FEATURES,
  overridableFields,
  CreateTemplateRequest,
  type UpdateTemplateRequest,
} from './template.requests.js';
export type { TemplateResponse } from './template.response.js';
export type { Template } from './template.entity.js';
export { TemplateNotFoundError } from './template.errors.js';
export type { IssuableTemplate } from './template.repository.js';
export { MAC_ADDRESS, normalMac, parseRange } from './restriction-values.js';
export { isWithin, nextOpening, parseTimeWindow } from './time-window.js';
export { TemplatesModule } from './templates.module.js';
export { TemplateLicenseCounts } from './template-license-counts.js';
export { ListTemplateVersionsQuery } from './queries/list-template-versions.query.js';
export { CompareTemplateVersionsQuery } from './queries/compare-template-versions.query.js';
