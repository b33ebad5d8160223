export { AuditModule } from './audit.module.js';
export type { LicenseEventResponse } from './license-event.dto.js';
export { ListEventsQuery } from './queries/list-events.query.js';
