import { HttpException, Injectable, Logger } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Actor } from '../shared/access/actor.js';
import type { TenantPermission } from '../shared/access/permissions.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { GetTenantQuery, type FulfilmentTrigger } from '../tenants/index.js';
import { FulfilOrderCommand } from './commands/fulfil-order.command.js';
import { OrderFulfilmentRefusedEvent } from './events/order.events.js';
import type { FulfilmentRefusal, Order } from './order.entity.js';
import { OrderLineRefusedError } from './order.errors.js';
import { OrderRepository } from './order.repository.js';
import { toOrderResponse, type OrderResponse } from './order.response.js';

/** Actor of the fulfilment, with the permissions that it needs and no others. */
const SERVICE = 'order-fulfilment';
const PERMISSIONS: readonly TenantPermission[] = [
  'orders:fulfil',
  'licenses:issue',
  'licenses:renew',
  'licenses:change-template',
];

/**
 * Fulfils orders as soon as they are due, where the setting of the tenant says so. The action that makes an order due stores that with its own
 * change, and the fulfilment follows in transactions of its own: so a refused line takes no payment back, and a crash only delays it.
 */
@Injectable()
export class AutomaticFulfilment {
  private readonly logger = new Logger(AutomaticFulfilment.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** Stores that the order is to be fulfilled, if it became due since these triggers had happened. */
  async mark(actor: Actor, order: Order, before: readonly FulfilmentTrigger[] = []): Promise<void> {
    order.endAutomaticFulfilment();
    const happened = order.dueTriggers.filter((trigger) => !before.includes(trigger));
    if (happened.length === 0) return;
    const { order_fulfilment_after: trigger, fulfil_orders_automatically: isOn } = await this.queries.execute(
      new GetTenantQuery(actor),
    );
    if (isOn && happened.includes(trigger)) order.fulfilAutomatically();
  }

  /** Fulfils an order that is marked, and returns it as it is then. In an open unit of work it does nothing: the timer follows its commit. */
  async fulfil<Result extends OrderResponse>(order: Result): Promise<Result> {
    if (order.automatic_fulfilment !== 'DUE' || this.unitOfWork.isOpen) return order;
    return { ...order, ...(await this.fulfilById(order.tenant_id, order.order_id)) };
  }

  /** Never throws for a fulfilment that fails: the order says how far it is. */
  async fulfilById(tenantId: string, orderId: string): Promise<OrderResponse | undefined> {
    const actor = Actor.service(SERVICE, tenantId, PERMISSIONS);
    // The stored answer of an idempotent request may be older than the refusal.
    const before = await this.orders.findWithLines(tenantId, orderId);
    if (before?.automaticFulfilment === 'DUE') {
      try {
        await this.commands.execute(new FulfilOrderCommand(actor, orderId, {}));
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal) await this.refuse(actor, orderId, refusal);
        else this.logger.warn(`Failed to fulfil the order ${orderId} of tenant ${tenantId}: ${String(error)}`);
      }
    }
    const order = await this.orders.findWithLines(tenantId, orderId);
    return order ? toOrderResponse(order) : undefined;
  }

  private refuse(actor: Actor, orderId: string, refusal: FulfilmentRefusal): Promise<void> {
    return this.unitOfWork.run(actor, async (transaction) => {
      const order = await this.orders.findForUpdate(actor.tenantId, orderId);
      if (order?.automaticFulfilment !== 'DUE') return;
      const now = this.clock.now();
      const before = order.snapshot();
      order.refuseAutomaticFulfilment(refusal);
      const change = order.changeSince(before, now);
      await this.orders.update(order);
      if (change) transaction.record(new OrderFulfilmentRefusedEvent(actor, now, order, change));
    });
  }
}

/** Returns why the order cannot be fulfilled; undefined if another attempt may do that. */
function refusalOf(error: unknown): FulfilmentRefusal | undefined {
  if (!(error instanceof HttpException) || error.getStatus() >= 500) return undefined;
  const { line, line_code: lineCode } =
    error instanceof OrderLineRefusedError
      ? (error.extension as { line: number; line_code: string | null })
      : { line: null, line_code: null };
  return { line, code: lineCode ?? error.errorCode ?? 'CONFLICT' };
}
