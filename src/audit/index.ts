export { HistoryTooLongError } from './audit.errors.js';
export { AuditModule } from './audit.module.js';
export type { LicenseEventResponse, PastEvent } from './license-event.response.js';
export { FollowEventsQuery } from './queries/follow-events.query.js';
export { ListEventsQuery } from './queries/list-events.query.js';
export { ListPastEventsQuery } from './queries/list-past-events.query.js';
