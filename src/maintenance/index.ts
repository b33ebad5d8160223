export { backUp, estimateRows } from './backup.js';
export { eraseCustomer } from './erasure/erase-customer.js';
export { MaintenanceError } from './maintenance.error.js';
export { countLoggedEvents, rebuildReports } from './rebuild-reports.js';
export { countOutdated, rekey } from './rekey.js';
export { assertNoServerRuns, replaceLookupKey } from './replace-lookup-key.js';
export { assertEmpty, openBackup, restore } from './restore.js';
