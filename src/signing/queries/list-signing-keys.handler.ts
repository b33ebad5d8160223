import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { Kid, toSigningKeyResponse } from '../signing-key.dto.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { ListSigningKeysQuery } from './list-signing-keys.query.js';

@QueryHandler(ListSigningKeysQuery)
export class ListSigningKeysHandler implements IQueryHandler<ListSigningKeysQuery> {
  constructor(private readonly keys: SigningKeyRepository) {}

  async execute({ actor, request }: ListSigningKeysQuery) {
    const page = pageRequest(request, Kid);
    const rows = await this.keys.list(actor.tenantId, [], page);
    return toPage(rows, page, ({ createdAt: at, kid: id }) => ({ at, id }), toSigningKeyResponse);
  }
}
