export { countEventsStatement, type CountedEvents } from './counting/count-events-statement.js';
export { ReportsModule } from './reports.module.js';
