import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { validate as isUuid } from 'uuid';
import { GetLicenseQuery } from '../licensing/index.js';
import { OrderConfirmations, type OrderConfirmation } from '../notifications/index.js';
import type { Actor } from '../shared/access/actor.js';
import { GetTemplateQuery } from '../templates/index.js';
import { confirmationOf } from './order-confirmation.js';
import { OrderRepository } from './order.repository.js';
import { toOrderResponse } from './order.response.js';

const NEEDS = ['orders:read', 'templates:read', 'licenses:read'] as const;

/** Tells notifications what to write about orders. */
@Injectable()
export class StoredOrderConfirmations extends OrderConfirmations {
  constructor(
    private readonly orders: OrderRepository,
    private readonly queries: QueryBus,
  ) {
    super();
  }

  async find(actor: Actor, orderId: string): Promise<OrderConfirmation | undefined> {
    if (!isUuid(orderId) || !NEEDS.every((permission) => actor.may(permission))) return undefined;
    const order = await this.orders.findWithLines(actor.tenantId, orderId);
    if (!order) return undefined;
    return confirmationOf(toOrderResponse(order), {
      templateName: async (id) => (await this.queries.execute(new GetTemplateQuery(actor, id))).template_name,
      productName: async (id) => (await this.queries.execute(new GetLicenseQuery(actor, id))).product_display_name,
    });
  }
}
