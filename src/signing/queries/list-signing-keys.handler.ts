import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { ListSigningKeysQuery } from './list-signing-keys.query.js';
import { toSigningKeyResponse } from '../signing-key.response.js';

@QueryHandler(ListSigningKeysQuery)
export class ListSigningKeysHandler implements IQueryHandler<ListSigningKeysQuery> {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListSigningKeysQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'signing-keys' }, request);
    const rows = await this.keys.list(actor.tenantId, [], page);
    return this.paginator.page(rows, page, ({ createdAt: at, kid: id }) => ({ at, id }), toSigningKeyResponse);
  }
}
