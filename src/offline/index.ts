export { CheckOutLicenseCommand } from './commands/check-out-license.command.js';
export { PublishRevocationListCommand } from './commands/publish-revocation-list.command.js';
export { LicenseCheckedOutEvent } from './events/license-checked-out.event.js';
export { checkOutFields, type CheckOutRequest } from './license-file.requests.js';
export { LicenseFileResponse } from './license-file.response.js';
export { OfflineModule } from './offline.module.js';
export { RevocationListPublisher } from './revocation-list-publisher.js';
export { GetRevocationListQuery } from './queries/get-revocation-list.query.js';
export { ListLicenseFilesQuery } from './queries/list-license-files.query.js';
