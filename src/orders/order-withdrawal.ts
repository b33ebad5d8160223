import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { LicenseStateError, RevokeLicenseCommand, SuspendLicenseCommand } from '../licensing/index.js';
import type { Actor } from '../shared/access/actor.js';
import { PermissionDeniedError } from '../shared/access/access.errors.js';
import type { TenantPermission } from '../shared/access/permissions.js';
import type { Withdrawal } from './order-line.entity.js';
import { STEP_SIZE } from './order-fulfilment.js';
import type { Order } from './order.entity.js';
import type { OrderResponse } from './order.response.js';
import type { ActionReason } from '../shared/http/action-reason.js';

const PERMISSIONS: Readonly<Record<Withdrawal, TenantPermission | undefined>> = {
  KEEP: undefined,
  SUSPEND: 'licenses:suspend',
  REVOKE: 'licenses:revoke',
};

/** Suspends or revokes licenses that a locked order issued, in the open unit of work, at most STEP_SIZE at once. */
@Injectable()
export class OrderWithdrawal {
  constructor(private readonly commands: CommandBus) {}

  /** Throws PermissionDeniedError. */
  assertMay(actor: Actor, withdrawal: Withdrawal): void {
    const permission = PERMISSIONS[withdrawal];
    if (permission && !actor.may(permission)) throw new PermissionDeniedError(permission);
  }

  /**
   * A license whose state does not allow the withdrawal stays as it is: somebody suspended or revoked it before. Throws
   * PermissionDeniedError, also for a withdrawal that an earlier call began.
   */
  async advance(actor: Actor, order: Order, reason: ActionReason): Promise<void> {
    let left = STEP_SIZE;
    for (const line of order.lines) {
      const ids = line.openWithdrawals.slice(0, left);
      if (ids.length > 0) this.assertMay(actor, line.withdrawal);
      const Command = line.withdrawal === 'REVOKE' ? RevokeLicenseCommand : SuspendLicenseCommand;
      for (const id of ids) {
        await this.commands.execute(new Command(actor, id, { reason })).catch((error: unknown) => {
          if (!(error instanceof LicenseStateError)) throw error;
        });
      }
      line.withdrawnQuantity += ids.length;
      left -= ids.length;
    }
  }

  /** Tells whether licenses are left that a withdrawal has not reached. */
  isUnfinished({ lines }: OrderResponse): boolean {
    return lines.some(
      ({ withdrawal, withdrawn_quantity: done, license_ids: ids }) => withdrawal !== 'KEEP' && done < ids.length,
    );
  }
}
