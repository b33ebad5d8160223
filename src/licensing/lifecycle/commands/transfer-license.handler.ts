import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { PermissionDeniedError } from '../../../shared/access/access.errors.js';
import { CustomerInactiveError, CustomerNotFoundError, GetCustomerNamesQuery } from '../../../customers/index.js';
import type { IntegrationEvent } from '../../../shared/messaging/integration-event.js';
import { GetTenantQuery } from '../../../tenants/index.js';
import { DeviceReset } from '../../device-reset.js';
import { LicenseKeyRotatedEvent, LicenseTransferredEvent } from '../../events/license-action.events.js';
import { LicenseKeyRotation } from '../../keys/license-key-rotation.js';
import { LicenseActions } from '../license-actions.js';
import { TransferLicenseCommand } from './transfer-license.command.js';

@CommandHandler(TransferLicenseCommand)
export class TransferLicenseHandler implements ICommandHandler<TransferLicenseCommand> {
  constructor(
    private readonly actions: LicenseActions,
    private readonly queries: QueryBus,
    private readonly rotation: LicenseKeyRotation,
    private readonly devices: DeviceReset,
  ) {}

  async execute(command: TransferLicenseCommand) {
    const { actor, request } = command;
    const { rotate_key: rotates = false, deactivate_devices: deactivates = false, reason } = request;
    if (rotates && !actor.may('licenses:rotate-key')) throw new PermissionDeniedError('licenses:rotate-key');
    if (deactivates && !actor.may('activations:write')) throw new PermissionDeniedError('activations:write');
    return this.actions.run(command, async (license, now, extend) => {
      const change = license.transfer(request.customer_id, await this.holder(command), now);
      const events: IntegrationEvent[] = change
        ? [new LicenseTransferredEvent(actor, now, license, change, reason)]
        : [];
      if (rotates) {
        const rotated = await this.rotation.rotate(license, now, 0);
        extend(rotated.members);
        if (rotated.change) events.push(new LicenseKeyRotatedEvent(actor, now, license, rotated.change, reason));
      }
      if (deactivates) {
        const { devices, seatsInUse, event } = await this.devices.reset(actor, license.licenseId, reason);
        extend({ devices });
        license.currentActivations = seatsInUse;
        if (event) events.push(event);
      }
      return events;
    });
  }

  /** Returns the name that the license is issued to. Throws CustomerNotFoundError, CustomerInactiveError. */
  private async holder({ actor, request }: TransferLicenseCommand): Promise<string> {
    const { customer_id: customerId } = request;
    const names = await this.queries.execute(new GetCustomerNamesQuery(actor, [customerId]));
    const customer = names.get(customerId);
    // A partner's licenses are for its own customers, and those of others must look as missing as those that nobody has.
    const mustExist = async () =>
      actor.partnerId !== undefined || (await this.queries.execute(new GetTenantQuery(actor))).customers_must_exist;
    if (!customer && (await mustExist())) throw new CustomerNotFoundError(customerId);
    if (customer?.active === false) throw new CustomerInactiveError(customerId);
    return request.issued_to ?? customer?.name ?? `Customer ${customerId}`;
  }
}
