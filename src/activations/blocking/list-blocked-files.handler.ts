import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { BlockedDeviceRepository } from './blocked-device.repository.js';
import { ListBlockedFilesQuery } from './list-blocked-files.query.js';

@QueryHandler(ListBlockedFilesQuery)
export class ListBlockedFilesHandler implements IQueryHandler<ListBlockedFilesQuery> {
  constructor(private readonly blockedDevices: BlockedDeviceRepository) {}

  execute({ actor, now }: ListBlockedFilesQuery) {
    return this.blockedDevices.listFiles(actor.tenantId, now);
  }
}
