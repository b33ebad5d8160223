import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillingEvent } from './billing-event.entity.js';
import { BillingEventRepository } from './billing-event.repository.js';
import { CreateSubscriptionHandler } from './commands/create-subscription.handler.js';
import { IngestBillingEventHandler } from './commands/ingest-billing-event.handler.js';
import { LinkLicenseHandler } from './commands/link-license.handler.js';
import { UnlinkLicenseHandler } from './commands/unlink-license.handler.js';
import { UpdateSubscriptionHandler } from './commands/update-subscription.handler.js';
import { GetSubscriptionHandler } from './queries/get-subscription.handler.js';
import { ListBillingEventsHandler } from './queries/list-billing-events.handler.js';
import { ListSubscriptionsHandler } from './queries/list-subscriptions.handler.js';
import { Subscription } from './subscription.entity.js';
import { SubscriptionRepository } from './subscription.repository.js';
import { SubscriptionTimer } from './subscription-timer.js';
import { SubscriptionUpdater } from './subscription-updater.js';
import { SubscriptionsController } from './subscriptions.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Subscription, BillingEvent])],
  controllers: [SubscriptionsController],
  providers: [
    SubscriptionRepository,
    BillingEventRepository,
    SubscriptionUpdater,
    SubscriptionTimer,
    CreateSubscriptionHandler,
    IngestBillingEventHandler,
    LinkLicenseHandler,
    UnlinkLicenseHandler,
    UpdateSubscriptionHandler,
    GetSubscriptionHandler,
    ListBillingEventsHandler,
    ListSubscriptionsHandler,
  ],
})
export class SubscriptionsModule {}
