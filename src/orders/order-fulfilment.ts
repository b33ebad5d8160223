import { HttpException, Injectable } from '@nestjs/common';
import { CommandBus, type Command } from '@nestjs/cqrs';
import {
  ChangeLicenseTemplateCommand,
  IssueLicensesCommand,
  LicenseRefusedError,
  RenewLicenseCommand,
  type LaterIssueTerms,
  TrialAlreadyUsedError,
} from '../licensing/index.js';
import { RetryTransaction } from '../database/with-retries.js';
import type { Actor } from '../shared/access/actor.js';
import { PermissionDeniedError } from '../shared/access/access.errors.js';
import type { TenantPermission } from '../shared/access/permissions.js';
import type { LineKind } from './line.entity.js';
import type { OrderLine } from './order-line.entity.js';
import type { Order } from './order.entity.js';
import { OrderLineRefusedError } from './order.errors.js';

/** Units that one unit of work fulfils. An order with more is fulfilled in steps. */
export const STEP_SIZE = 1_000;

/** An order gives nobody a right: the caller needs the permission of what its lines do. */
const PERMISSIONS: Readonly<Record<LineKind, TenantPermission>> = {
  ISSUE: 'licenses:issue',
  RENEW: 'licenses:renew',
  CHANGE_TEMPLATE: 'licenses:change-template',
};

/** Part of a line that one step fulfils. */
interface Part {
  readonly line: OrderLine;
  readonly quantity: number;
}

/** Fulfils lines of a locked order in the open unit of work, at most STEP_SIZE units at once. */
@Injectable()
export class OrderFulfilment {
  constructor(private readonly commands: CommandBus) {}

  /** Throws PermissionDeniedError, and OrderLineRefusedError if a line cannot be fulfilled; then the caller must roll back. */
  async advance(actor: Actor, order: Order, now: Date): Promise<void> {
    for (const { kind, openQuantity } of order.lines) {
      if (openQuantity > 0 && !actor.may(PERMISSIONS[kind])) throw new PermissionDeniedError(PERMISSIONS[kind]);
    }
    const parts = nextParts(order);
    await this.issue(
      actor,
      order,
      now,
      parts.filter(({ line }) => line.kind === 'ISSUE'),
    );
    for (const { line } of parts.filter(({ line: { kind } }) => kind !== 'ISSUE')) {
      await this.commands.execute(commandOf(actor, line)).catch((error: unknown) => {
        throw refusalOf(line, error);
      });
      line.fulfil(1, []);
    }
  }

  /** Issues all licenses by one command, which shares statements between them. */
  private async issue(actor: Actor, { customerId, orderId }: Order, now: Date, parts: readonly Part[]): Promise<void> {
    const units = parts.flatMap(({ line, quantity }) => Array<OrderLine>(quantity).fill(line));
    const licenses = units.map((line) => ({
      request: { license_template_id: line.templateId ?? '', customer_id: customerId, ...termsAt(line, now) },
      origin: { orderId },
    }));
    if (licenses.length === 0) return;
    const issued = await this.commands.execute(new IssueLicensesCommand(actor, licenses)).catch((error: unknown) => {
      // Another transaction stored the trial meanwhile. The next attempt sees it and names the line.
      if (error instanceof TrialAlreadyUsedError) throw new RetryTransaction('A trial was used meanwhile.');
      const line = error instanceof LicenseRefusedError ? units[error.index] : undefined;
      throw line && error instanceof LicenseRefusedError ? refusalOf(line, error.cause) : error;
    });
    let at = 0;
    for (const { line, quantity } of parts) {
      line.fulfil(
        quantity,
        issued.slice(at, at + quantity).map(({ license_id }) => license_id),
      );
      at += quantity;
    }
  }
}

function nextParts({ lines }: Order): Part[] {
  let left = STEP_SIZE;
  const parts: Part[] = [];
  for (const line of lines) {
    const quantity = Math.min(line.openQuantity, left);
    if (quantity > 0) parts.push({ line, quantity });
    left -= quantity;
  }
  return parts;
}

/** Returns start and overrides for an issue. A time that has passed while the order was not fulfilled is left out: the license starts at its issue. */
function termsAt({ issueTerms }: OrderLine, now: Date): LaterIssueTerms {
  const { starts, ...others } = issueTerms ?? {};
  return starts !== undefined && new Date(starts) <= now ? others : { starts, ...others };
}

function commandOf(actor: Actor, { kind, licenseId, templateId, months, days }: OrderLine): Command<unknown> {
  if (kind === 'RENEW')
    return new RenewLicenseCommand(actor, licenseId ?? '', { months: months ?? undefined, days: days ?? undefined });
  return new ChangeLicenseTemplateCommand(actor, licenseId ?? '', { license_template_id: templateId ?? '' });
}

/** Names the line. An error that is no refusal stays as it is, because the unit of work may run again after it. */
function refusalOf({ line }: OrderLine, error: unknown): unknown {
  return error instanceof HttpException && error.getStatus() < 500 ? new OrderLineRefusedError(line, error) : error;
}
