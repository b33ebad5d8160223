import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ApproveOrderCommand } from './commands/approve-order.command.js';
import { CancelOrderCommand } from './commands/cancel-order.command.js';
import { CreateOrderCommand } from './commands/create-order.command.js';
import { FulfilOrderCommand } from './commands/fulfil-order.command.js';
import { RecordPaymentCommand } from './commands/record-payment.command.js';
import { RefundOrderCommand } from './commands/refund-order.command.js';
import { UpdateOrderCommand } from './commands/update-order.command.js';
import {
  ApproveOrderRequest,
  CancelOrderRequest,
  CreateOrderRequest,
  FulfilOrderRequest,
  ListOrdersRequest,
  RecordPaymentRequest,
  RefundOrderRequest,
  UpdateOrderRequest,
} from './order.requests.js';
import { FulfilledOrder, OrderPage, OrderResponse } from './order.response.js';
import { GetOrderQuery } from './queries/get-order.query.js';
import { ListOrdersQuery } from './queries/list-orders.query.js';

const NOT_FOUND = ['ORDER_NOT_FOUND'] as const;
const REFERENCES = ['TEMPLATE_NOT_FOUND', 'LICENSE_NOT_FOUND'] as const;

@ApiTags('Orders')
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('orders:write')
  @DescribeWrite(
    {
      operationId: 'createOrder',
      summary: 'Create an order',
      description: 'PENDING. The server adds up the amounts of the lines and computes no tax.',
    },
    { 404: ['CUSTOMER_NOT_FOUND', ...REFERENCES], 409: ['ORDER_EXISTS'] },
  )
  @CreatedAt('/v1/orders', 'order_id')
  @ApiCreatedResponse({ standardSchema: OrderResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateOrderRequest }) body: CreateOrderRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateOrderCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('orders:read')
  @DescribeList({
    operationId: 'listOrders',
    summary: 'List orders',
    description: 'Newest first, without their lines.',
  })
  @ListOf(OrderPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListOrdersRequest }) query: ListOrdersRequest) {
    return this.queries.execute(new ListOrdersQuery(actor, query));
  }

  @Get(':order_id')
  @RequirePermission('orders:read')
  @DescribeRead({ operationId: 'getOrder', summary: 'Get an order' }, { 404: NOT_FOUND })
  @ApiOkResponse({ standardSchema: OrderResponse })
  get(@CurrentActor() actor: Actor, @Param('order_id', { schema: UuidParameter }) orderId: string) {
    return this.queries.execute(new GetOrderQuery(actor, orderId));
  }

  @Patch(':order_id')
  @RequirePermission('orders:write')
  @DescribeChange(
    { operationId: 'updateOrder', summary: 'Update an order', description: 'JSON Merge Patch.' },
    { 404: [...NOT_FOUND, 'CUSTOMER_NOT_FOUND', ...REFERENCES], 409: ['ORDER_STATE'] },
  )
  @ApiOkResponse({ standardSchema: OrderResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: UpdateOrderRequest }) body: UpdateOrderRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateOrderCommand(actor, orderId, body, options));
  }

  @Post(':order_id/approve')
  @HttpCode(200)
  @RequirePermission('orders:approve')
  @DescribeChange(
    {
      operationId: 'approveOrder',
      summary: 'Approve an order',
      description:
        'Also fulfils it if that makes it due and `fulfil_orders_automatically` is set; else issues nothing by itself. Refused if a line names an end that has passed.',
    },
    { 404: NOT_FOUND, 409: ['ORDER_STATE', 'ORDER_LINE_REFUSED'] },
  )
  @ApiOkResponse({ standardSchema: OrderResponse })
  approve(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: ApproveOrderRequest }) body: ApproveOrderRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ApproveOrderCommand(actor, orderId, body, options));
  }

  @Post(':order_id/record-payment')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange(
    {
      operationId: 'recordOrderPayment',
      summary: 'Record a payment of an order',
      description:
        'Adds the amount to what was paid before. Send an Idempotency-Key, so that a retry adds nothing. Also fulfils the order if that makes it due and `fulfil_orders_automatically` is set; a line that is refused then takes no payment back, see `fulfilment_refusal`.',
    },
    { 404: NOT_FOUND, 409: ['ORDER_STATE', 'PAYMENT_TOO_HIGH'] },
  )
  @ApiOkResponse({ standardSchema: OrderResponse })
  recordPayment(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: RecordPaymentRequest }) body: RecordPaymentRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RecordPaymentCommand(actor, orderId, body, options));
  }

  @Post(':order_id/fulfil')
  @HttpCode(200)
  @RequirePermission('orders:fulfil')
  @DescribeChange(
    {
      operationId: 'fulfilOrder',
      summary: 'Fulfil an order',
      description:
        'Issues, renews and changes what the lines say, each once, however often it is sent. Up to 1,000 units all or nothing, beyond in steps of 1,000, which a further call continues. Also requires `licenses:issue`, `licenses:renew` or `licenses:change-template`, as the lines need.',
    },
    { 404: NOT_FOUND, 409: ['ORDER_STATE', 'ORDER_NOT_DUE', 'ORDER_LINE_REFUSED'] },
  )
  @ApiOkResponse({ standardSchema: FulfilledOrder })
  fulfil(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: FulfilOrderRequest }) body: FulfilOrderRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new FulfilOrderCommand(actor, orderId, body, options));
  }

  @Post(':order_id/cancel')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange(
    {
      operationId: 'cancelOrder',
      summary: 'Cancel an order',
      description: 'Suspends or revokes the licenses that it issued, or keeps them, as `licenses` says.',
    },
    { 404: NOT_FOUND, 409: ['ORDER_STATE'] },
  )
  @ApiOkResponse({ standardSchema: OrderResponse })
  cancel(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: CancelOrderRequest }) body: CancelOrderRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CancelOrderCommand(actor, orderId, body, options));
  }

  @Post(':order_id/refund')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange(
    {
      operationId: 'refundOrder',
      summary: 'Refund an order or its lines',
      description: 'Records the refund; a line is refunded once. Lines that are not fulfilled yet will not be.',
    },
    { 404: NOT_FOUND, 409: ['ORDER_STATE', 'REFUND_TOO_HIGH'] },
  )
  @ApiOkResponse({ standardSchema: OrderResponse })
  refund(
    @CurrentActor() actor: Actor,
    @Param('order_id', { schema: UuidParameter }) orderId: string,
    @Body({ schema: RefundOrderRequest }) body: RefundOrderRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new RefundOrderCommand(actor, orderId, body, options));
  }
}
