import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { Page } from '../../shared/http/paging.js';
import type { LicenseFileEntry } from '../license-file-entry.response.js';
import type { ListLicenseFilesRequest } from '../license-file.requests.js';

/** Lists the license files of a license, the newest first, as the event log has them. Throws LicenseNotFoundError. */
export class ListLicenseFilesQuery extends Query<Page<LicenseFileEntry>> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly request: ListLicenseFilesRequest,
  ) {
    super();
  }
}
