import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivationsModule } from './activations/index.js';
import { AuditModule } from './audit/index.js';
import { ClientApiModule } from './client-api/index.js';
import { Config } from './config.js';
import { CustomersModule } from './customers/index.js';
import { applicationDataSourceOptions } from './database/data-source.js';
import { HealthModule } from './health/index.js';
import { LicensingModule } from './licensing/index.js';
import { MetricsModule } from './metrics/index.js';
import { NotificationsModule } from './notifications/index.js';
import { OfflineModule } from './offline/index.js';
import { OrdersModule } from './orders/index.js';
import { PartnersModule } from './partners/index.js';
import { ProductsModule } from './products/index.js';
import { ReportsModule } from './reports/index.js';
import { BodyGuard } from './shared/http/body.guard.js';
import { ProblemFilter } from './shared/http/problem.filter.js';
import { ValidationPipe } from './shared/http/validation.pipe.js';
import { RateLimitGuard } from './shared/access/rate-limit.guard.js';
import { RuntimeModule } from './shared/runtime.module.js';
import { Secrets } from './shared/secrets/secrets.js';
import { SessionsModule } from './sessions/index.js';
import { SharedModule } from './shared/shared.module.js';
import { TenantGuard } from './shared/access/tenant.guard.js';
import { SigningModule } from './signing/index.js';
import { SubscriptionsModule } from './subscriptions/index.js';
import { TemplatesModule } from './templates/index.js';
import { TenantsModule } from './tenants/index.js';
import { UsageModule } from './usage/index.js';
import { ValidationModule } from './validation/index.js';
import { WorkflowsModule } from './workflows/index.js';

/** Inputs of one process. */
export interface Runtime {
  readonly config: Config;
  /** URL of the application role. */
  readonly databaseUrl: string;
  readonly secrets: Secrets;
  /** False behind a pooler that does not keep named statements. */
  readonly namedStatements?: boolean;
}

@Module({})
export class AppModule {
  static forRoot({ config, databaseUrl, secrets, namedStatements = true }: Runtime): DynamicModule {
    return {
      module: AppModule,
      imports: [
        RuntimeModule.forRoot(config, secrets),
        CqrsModule.forRoot(),
        TypeOrmModule.forRoot(applicationDataSourceOptions(databaseUrl, config, namedStatements)),
        SharedModule,
        TenantsModule,
        SessionsModule,
        ProductsModule,
        TemplatesModule,
        CustomersModule,
        LicensingModule,
        PartnersModule,
        ActivationsModule,
        SubscriptionsModule,
        SigningModule,
        OfflineModule,
        UsageModule,
        ValidationModule,
        ClientApiModule,
        OrdersModule,
        WorkflowsModule.forRoot(databaseUrl),
        AuditModule,
        NotificationsModule,
        ReportsModule,
        HealthModule,
        MetricsModule,
      ],
      providers: [
        { provide: APP_GUARD, useClass: TenantGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: BodyGuard },
        { provide: APP_PIPE, useClass: ValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
