import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { toEmailMessageResponse } from '../email-message.response.js';
import { ListEmailMessagesQuery } from './list-email-messages.query.js';

@QueryHandler(ListEmailMessagesQuery)
export class ListEmailMessagesHandler implements IQueryHandler<ListEmailMessagesQuery> {
  constructor(
    private readonly messages: EmailMessageRepository,
    private readonly paginator: Paginator,
    private readonly secrets: Secrets,
  ) {}

  async execute({ actor, request }: ListEmailMessagesQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'email-messages' }, request);
    const conditions = equalities({
      status: request.status,
      template: request.template,
      licenseId: request.license_id,
      customerId: request.customer_id,
      partnerId: request.partner_id,
      orderId: request.order_id,
    });
    const rows = await this.messages.list(actor.tenantId, conditions, page);
    return this.paginator.page(
      rows,
      page,
      ({ createdAt: at, emailMessageId: id }) => ({ at, id }),
      (message) => toEmailMessageResponse(message, message.openContent(this.secrets)),
    );
  }
}
