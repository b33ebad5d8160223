import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { CustomerInactiveError, CustomerNotFoundError, GetCustomerNamesQuery } from '../../../customers/index.js';
import { GetTenantQuery } from '../../../tenants/index.js';
import { LicenseTransferredEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { TransferLicenseCommand } from './transfer-license.command.js';

@CommandHandler(TransferLicenseCommand)
export class TransferLicenseHandler implements ICommandHandler<TransferLicenseCommand> {
  constructor(
    private readonly actions: LicenseActions,
    private readonly queries: QueryBus,
  ) {}

  execute(command: TransferLicenseCommand) {
    const { actor, request } = command;
    const { customer_id: customerId } = request;
    return this.actions.run(command, async (license, now) => {
      const names = await this.queries.execute(new GetCustomerNamesQuery(actor, [customerId]));
      const customer = names.get(customerId);
      if (!customer && (await this.queries.execute(new GetTenantQuery(actor))).customers_must_exist)
        throw new CustomerNotFoundError(customerId);
      if (customer?.active === false) throw new CustomerInactiveError(customerId);
      const issuedTo = request.issued_to ?? customer?.name ?? `Customer ${customerId}`;
      const change = license.transfer(customerId, issuedTo, now);
      return change && new LicenseTransferredEvent(actor, now, license, change, request.reason);
    });
  }
}
