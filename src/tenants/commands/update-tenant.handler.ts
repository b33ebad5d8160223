import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PermissionDeniedError, TenantNotFoundError } from '../../shared/access/access.errors.js';
import type { Actor } from '../../shared/access/actor.js';
import type { TenantPermission } from '../../shared/access/permissions.js';
import { Config } from '../../config.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { TenantUpdatedEvent } from '../events/tenant.events.js';
import type { Tenant, TenantChange } from '../tenant.entity.js';
import { ForeignKeysExistError } from '../tenant.errors.js';
import { ForeignKeyRegister } from '../../shared/persistence/foreign-key-register.js';
import { MetadataFilterIndex } from '../../shared/persistence/metadata-filter-index.js';
import { TenantRepository } from '../tenant.repository.js';
import { UpdateTenantCommand } from './update-tenant.command.js';
import { toTenantResponse } from '../tenant.response.js';

/** Permissions of what automatic fulfilment does for whoever makes an order due. */
const FULFILMENT: readonly TenantPermission[] = [
  'orders:fulfil',
  'licenses:issue',
  'licenses:renew',
  'licenses:change-template',
];

@CommandHandler(UpdateTenantCommand)
export class UpdateTenantHandler implements ICommandHandler<UpdateTenantCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly foreignKeys: ForeignKeyRegister,
    private readonly metadataFilters: MetadataFilterIndex,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  execute(command: UpdateTenantCommand) {
    const { actor } = command;
    const { reason, ...patch } = command.patch;
    const from = patch.emails?.from;
    if (typeof from === 'string' && !this.config.allowsEmailFrom(from))
      throw new InvalidFieldError(
        '/emails/from',
        'must be in a domain that the operator allows with EMAIL_FROM_DOMAINS',
      );
    return this.unitOfWork.perform(command, async (transaction) => {
      const tenant = await this.tenants.findForUpdate(actor.tenantId, actor.tenantId);
      if (!tenant) throw new TenantNotFoundError();
      const now = this.clock.now();
      tenant.assertVersion(command.options.ifMatch);
      const { foreignKeyNormalisation } = tenant;
      const change = tenant.update(patch, now);
      assertMayFulfil(actor, tenant, patch);
      // An import locks the row, too, so that no key is digested by the former value meanwhile.
      if (tenant.foreignKeyNormalisation !== foreignKeyNormalisation && (await this.foreignKeys.hasAny(transaction)))
        throw new ForeignKeysExistError();
      if (change) {
        await this.tenants.update(tenant);
        if (tenant.metadataFiltersPending.length > 0)
          transaction.whenEnded(() => {
            this.metadataFilters.updateSoon();
          });
        transaction.record(new TenantUpdatedEvent(actor, now, change, reason));
      }
      return toTenantResponse(tenant);
    });
  }
}

/** Asserts that nobody lets others do by an order what it may not do itself. Throws PermissionDeniedError. */
function assertMayFulfil(actor: Actor, { fulfilOrdersAutomatically }: Tenant, patch: TenantChange): void {
  const concerns = patch.fulfil_orders_automatically !== undefined || patch.order_fulfilment_after !== undefined;
  const missing = FULFILMENT.find((permission) => !actor.may(permission));
  if (fulfilOrdersAutomatically && concerns && missing !== undefined) throw new PermissionDeniedError(missing);
}
