import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../shared/time/clock.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { operationOf, type CommandOptions } from '../shared/messaging/tenant-command.js';
import type { Change } from '../shared/persistence/change.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { AutomaticFulfilment } from './automatic-fulfilment.js';
import type { OrderCommand } from './commands/order.command.js';
import type { Order } from './order.entity.js';
import { OrderNotFoundError } from './order.errors.js';
import { OrderRepository } from './order.repository.js';
import { toOrderResponse, type OrderResponse } from './order.response.js';

type ToEvent = (change: Change) => IntegrationEvent;

/** Changes an order, and returns the event of the change. `extend` adds members to the response. */
export type ActionEffect<Result extends OrderResponse = OrderResponse> = (
  order: Order,
  now: Date,
  transaction: Transaction,
  extend: (more: Omit<Result, keyof OrderResponse>) => void,
) => Promise<ToEvent> | ToEvent;

/** Runs actions on orders: one at a time per order, under its row lock, with its event. An action that changes nothing has none. */
@Injectable()
export class OrderActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly automatic: AutomaticFulfilment,
    private readonly clock: Clock,
  ) {}

  /** Runs an action that can make an order due, and then its automatic fulfilment. Throws what `run` throws. */
  async runThenFulfil(command: OrderCommand, effect: ActionEffect): Promise<OrderResponse> {
    return this.automatic.fulfil(await this.run(command, effect));
  }

  /** Throws OrderNotFoundError, PreconditionFailedError and the errors of `effect`. */
  run<Result extends OrderResponse>(
    command: OrderCommand<z.ZodType, Result>,
    effect: ActionEffect<Result>,
  ): Promise<Result> {
    return this.unitOfWork.perform(command, async (transaction) => {
      let more = {};
      const order = await this.act(transaction, command, effect, (added) => (more = added), command.options.ifMatch);
      return { ...order, ...more } as Result;
    });
  }

  /**
   * Runs an effect in further transactions until the order is not `unfinished`. A repeated command goes on where an earlier one ended, also
   * if that has stored its result for an idempotency key. Members that the effect adds are those of the first transaction.
   */
  async runInSteps<Result extends OrderResponse>(
    command: OrderCommand<z.ZodType, Result>,
    effect: ActionEffect<Result>,
    unfinished: (order: OrderResponse) => boolean,
  ): Promise<Result> {
    let result = await this.run(command, effect);
    while (unfinished(result)) {
      const step = (transaction: Transaction) =>
        transaction.inOperation(operationOf(command), () => this.act(transaction, command, effect, () => undefined));
      result = { ...result, ...(await this.unitOfWork.run(command.actor.tenantId, step)) };
    }
    return result;
  }

  private async act<Result extends OrderResponse>(
    transaction: Transaction,
    { actor, orderId }: OrderCommand<z.ZodType, Result>,
    effect: ActionEffect<Result>,
    extend: Parameters<typeof effect>[3],
    ifMatch?: CommandOptions['ifMatch'],
  ): Promise<OrderResponse> {
    const order = await this.orders.findForUpdate(actor.tenantId, orderId);
    if (!order) throw new OrderNotFoundError(orderId);
    order.assertVersion(ifMatch);
    // The time is read under the lock, so that a later action has a later time.
    const now = this.clock.now();
    const before = order.snapshot();
    const triggersBefore = order.dueTriggers;
    const toEvent = await effect(order, now, transaction, extend);
    await this.automatic.mark(actor, order, triggersBefore);
    const change = order.changeSince(before, now);
    if (change) {
      await this.orders.update(order);
      transaction.record(toEvent(change));
    }
    return toOrderResponse(order);
  }
}
