import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { ReasonRequest } from '../shared/http/action-reason.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { IdParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { BillingEventRequest, ListBillingEventsRequest } from './billing-event.requests.js';
import { BillingEventPage, BillingEventReceipt } from './billing-event.response.js';
import { CreateSubscriptionCommand } from './commands/create-subscription.command.js';
import { IngestBillingEventCommand } from './commands/ingest-billing-event.command.js';
import { LinkLicenseCommand } from './commands/link-license.command.js';
import { UnlinkLicenseCommand } from './commands/unlink-license.command.js';
import { UpdateSubscriptionCommand } from './commands/update-subscription.command.js';
import { GetSubscriptionQuery } from './queries/get-subscription.query.js';
import { ListBillingEventsQuery } from './queries/list-billing-events.query.js';
import { ListSubscriptionsQuery } from './queries/list-subscriptions.query.js';
import {
  CreateSubscriptionRequest,
  LinkLicenseRequest,
  ListSubscriptionsRequest,
  UpdateSubscriptionRequest,
} from './subscription.requests.js';
import { LinkedSubscription, SubscriptionPage, SubscriptionResponse } from './subscription.response.js';

const NOT_FOUND = ['SUBSCRIPTION_NOT_FOUND'] as const;

@ApiTags('Subscriptions')
@Controller('v1/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('subscriptions:write')
  @DescribeWrite(
    {
      operationId: 'createSubscription',
      summary: 'Create a subscription',
      description: 'Link a license to it afterwards.',
    },
    { 404: ['CUSTOMER_NOT_FOUND', 'TEMPLATE_NOT_FOUND'], 409: ['SUBSCRIPTION_EXISTS'] },
  )
  @CreatedAt('/v1/subscriptions', 'subscription_id')
  @ApiCreatedResponse({ standardSchema: SubscriptionResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateSubscriptionRequest }) body: CreateSubscriptionRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateSubscriptionCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('subscriptions:read')
  @DescribeList({
    operationId: 'listSubscriptions',
    summary: 'List subscriptions',
    description: 'Newest first; with a filter by the end of the period, soonest first.',
  })
  @ListOf(SubscriptionPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListSubscriptionsRequest }) query: ListSubscriptionsRequest) {
    return this.queries.execute(new ListSubscriptionsQuery(actor, query));
  }

  @Get(':subscription_id')
  @RequirePermission('subscriptions:read')
  @DescribeRead({ operationId: 'getSubscription', summary: 'Get a subscription' }, { 404: NOT_FOUND })
  @ApiOkResponse({ standardSchema: SubscriptionResponse })
  get(@CurrentActor() actor: Actor, @Param('subscription_id', { schema: IdParameter }) subscriptionId: string) {
    return this.queries.execute(new GetSubscriptionQuery(actor, subscriptionId));
  }

  @Patch(':subscription_id')
  @RequirePermission('subscriptions:write')
  @DescribeChange(
    {
      operationId: 'updateSubscription',
      summary: 'Update a subscription',
      description: 'JSON Merge Patch. Terms and period are corrected as of now.',
    },
    { 404: [...NOT_FOUND, 'TEMPLATE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: SubscriptionResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('subscription_id', { schema: IdParameter }) subscriptionId: string,
    @Body({ schema: UpdateSubscriptionRequest }) body: UpdateSubscriptionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateSubscriptionCommand(actor, subscriptionId, body, options));
  }

  @Post(':subscription_id/link')
  @HttpCode(200)
  @RequirePermission('subscriptions:write')
  @DescribeChange(
    {
      operationId: 'linkSubscription',
      summary: 'Link a license to a subscription',
      description: 'The license follows the subscription: template, seats, expiry, suspension. Idempotent.',
    },
    {
      404: [...NOT_FOUND, 'LICENSE_NOT_FOUND', 'TEMPLATE_NOT_FOUND'],
      409: [
        ...['SUBSCRIPTION_LINKED', 'LICENSE_SUBSCRIBED', 'SUBSCRIPTION_CUSTOMER_MISMATCH', 'LICENSE_STATE'],
        ...['LICENSE_IS_TRIAL', 'TEMPLATE_PRODUCT_MISMATCH', 'TEMPLATE_IS_TRIAL', 'TEMPLATE_INACTIVE'],
        ...['PRODUCT_INACTIVE', 'LICENSE_FILE_OUTSTANDING', 'EXPIRY_TOO_FAR'],
      ] as const,
    },
  )
  @ApiOkResponse({ standardSchema: LinkedSubscription })
  link(
    @CurrentActor() actor: Actor,
    @Param('subscription_id', { schema: IdParameter }) subscriptionId: string,
    @Body({ schema: LinkLicenseRequest }) body: LinkLicenseRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new LinkLicenseCommand(actor, subscriptionId, body, options));
  }

  @Post(':subscription_id/unlink')
  @HttpCode(200)
  @RequirePermission('subscriptions:write')
  @DescribeChange(
    {
      operationId: 'unlinkSubscription',
      summary: 'Unlink the license of a subscription',
      description: 'The license keeps its expiry and a suspension. Idempotent.',
    },
    { 404: NOT_FOUND },
  )
  @ApiOkResponse({ standardSchema: SubscriptionResponse })
  unlink(
    @CurrentActor() actor: Actor,
    @Param('subscription_id', { schema: IdParameter }) subscriptionId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UnlinkLicenseCommand(actor, subscriptionId, body, options));
  }

  @Post(':subscription_id/events')
  @HttpCode(200)
  @RequirePermission('subscriptions:ingest')
  @DescribeWrite(
    {
      operationId: 'ingestSubscriptionEvent',
      summary: 'Ingest an event of the billing system',
      description: 'Once for each `event_id`, in any order: events apply by `occurred_at`, then by `event_id`.',
    },
    { 404: NOT_FOUND, 409: ['BILLING_EVENT_CONFLICT'] },
  )
  @ApiOkResponse({ standardSchema: BillingEventReceipt })
  ingest(
    @CurrentActor() actor: Actor,
    @Param('subscription_id', { schema: IdParameter }) subscriptionId: string,
    @Body({ schema: BillingEventRequest }) body: BillingEventRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new IngestBillingEventCommand(actor, subscriptionId, body, options));
  }

  @Get(':subscription_id/events')
  @RequirePermission('subscriptions:read')
  @DescribeList(
    {
      operationId: 'listSubscriptionEvents',
      summary: 'List events of a subscription',
      description: 'Latest `occurred_at` first.',
    },
    { 404: NOT_FOUND },
  )
  @ListOf(BillingEventPage)
  listEvents(
    @CurrentActor() actor: Actor,
    @Param('subscription_id', { schema: IdParameter }) subscriptionId: string,
    @Query({ schema: ListBillingEventsRequest }) query: ListBillingEventsRequest,
  ) {
    return this.queries.execute(new ListBillingEventsQuery(actor, subscriptionId, query));
  }
}
