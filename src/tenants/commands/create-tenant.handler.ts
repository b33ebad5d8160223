import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TenantCreatedEvent } from '../events/tenant.events.js';
import { Tenant } from '../tenant.entity.js';
import { TenantExistsError } from '../tenant.errors.js';
import { TenantRepository } from '../tenant.repository.js';
import { CreateTenantCommand } from './create-tenant.command.js';
import { toTenantResponse } from '../tenant.response.js';

@CommandHandler(CreateTenantCommand)
export class CreateTenantHandler implements ICommandHandler<CreateTenantCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateTenantCommand) {
    const { actor, tenant: input } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const tenant = Tenant.create(actor.tenantId, input.requests_per_minute, now);
      await this.tenants.insert(tenant).catch((error: unknown) => {
        throw violates(error, 'tenants_pkey') ? new TenantExistsError(actor.tenantId) : error;
      });
      transaction.record(new TenantCreatedEvent(actor, now, tenant.snapshot()));
      return toTenantResponse(tenant);
    });
  }
}
