// The specification's steps as most teams would write them: Nest on Express, TypeORM, one query after the other, save() for each
// row, all in one transaction. The event goes straight into the log. It checks no key, has no tenant wall but its WHERE, and seals nothing.
import { createHash, randomBytes } from 'node:crypto';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  Headers,
  Injectable,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from 'platform-express-for-bench';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Customer, License, LicenseEvent, LicenseKey, LicenseTemplate } from './spec-entities.js';

const DAY_MS = 86_400_000;

interface Order {
  readonly license_template_id: string;
  readonly customer_id: string;
  readonly issued_to?: string;
}

@Injectable()
class LicenseService {
  constructor(readonly dataSource: DataSource) {}

  issue(tenant_id: string, order: Order) {
    return this.dataSource.transaction(async (manager) => {
      const template_id = order.license_template_id;
      const template = await manager.findOneBy(LicenseTemplate, { tenant_id, template_id });
      if (!template) throw new NotFoundException(`License template ${template_id} not found`);
      if (!template.active) throw new ConflictException(`License template ${template_id} is not active`);
      const customer = await manager.findOneBy(Customer, { tenant_id, customer_id: order.customer_id });
      const name = customer ? `${customer.first_name} ${customer.last_name}` : `Customer ${order.customer_id}`;
      return this.createLicense(manager, template, order.customer_id, order.issued_to ?? name);
    });
  }

  private async createLicense(manager: EntityManager, template: LicenseTemplate, customer_id: string, to: string) {
    const license_key = (randomBytes(10).toString('hex').toUpperCase().match(/.{4}/g) ?? []).join('-');
    const now = new Date();
    const expiry = new Date(now.getTime() + template.default_duration * DAY_MS);
    const license = manager.create(License, {
      tenant_id: template.tenant_id,
      template_id: template.template_id,
      product_id: template.product_id,
      license_type: template.license_type,
      license_model: template.license_model,
      default_duration: template.default_duration,
      grace_period_days: template.grace_period_days,
      auto_renewal_enabled: template.auto_renewal_enabled,
      max_activations: template.max_activations,
      features: template.features,
      restrictions: template.restrictions,
      pricing: template.pricing,
      license_id: uuidv7(),
      license_key_sealed: Buffer.from(license_key),
      license_key_last_four: license_key.slice(-4),
      customer_id,
      template_version: template.version,
      product_name: `License for ${template.template_name}`,
      status: 'ACTIVE',
      issued_to: to,
      issued_date: now,
      expiry_date: expiry,
      maintenance_expiry: expiry,
      current_activations: 0,
      metadata: {},
      version: 1,
      created_at: now,
      updated_at: now,
    });
    const { tenant_id, license_id, product_id, license_type } = await manager.save(license);
    const digest = createHash('sha256').update(license_key).digest().subarray(0, 16);
    await manager.save(manager.create(LicenseKey, { digest, tenant_id, license_id }));
    await manager.save(
      manager.create(LicenseEvent, {
        tenant_id,
        id: uuidv7(),
        event_type: 'license.created',
        license_id,
        resource_type: 'license',
        resource_id: license_id,
        event_data: { product_id, license_type, issued_to: to },
        actor: { type: 'system' },
        metadata: {},
        created_at: now,
      }),
    );
    return toRecord(license, license_key);
  }
}

/** The workflow-compatible return format. */
function toRecord(license: License, license_key: string) {
  const { license_id, customer_id, template_id, tenant_id, product_id, product_name, license_type, license_model } =
    license;
  const { status, issued_to, issued_date, expiry_date, max_activations, current_activations } = license;
  const what = { license_key, license_id, customer_id, template_id, tenant_id, product_id, product_name };
  const terms = { license_type, license_model, status, issued_to, issued_date, expiry_date };
  return { ...what, ...terms, max_activations, current_activations };
}

@Controller('v1/licenses')
class LicenseController {
  constructor(readonly service: LicenseService) {}

  @Post()
  issue(@Headers('x-tenant-id') tenant: string, @Body() order: Order) {
    return this.service.issue(tenant, order);
  }

  @Get(':id')
  async get(@Headers('x-tenant-id') tenant_id: string, @Param('id') license_id: string) {
    const license = await this.service.dataSource.manager.findOneBy(License, { tenant_id, license_id });
    if (!license) throw new NotFoundException(`License ${license_id} not found`);
    return license;
  }

  @Get()
  async list(@Headers('x-tenant-id') tenant_id: string, @Query('limit') limit = '20') {
    const order = { created_at: 'DESC', license_id: 'DESC' } as const;
    const data = await this.service.dataSource.manager.find(License, {
      where: { tenant_id },
      order,
      take: Number(limit),
    });
    return { data };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      poolSize: Number(process.env.BENCH_POOL),
      entities: [LicenseTemplate, Customer, License, LicenseKey, LicenseEvent],
      extra: { connectionString: process.env.BENCH_URL },
    }),
  ],
  controllers: [LicenseController],
  providers: [LicenseService],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error'] });
await app.get(DataSource).query(`
  CREATE SEQUENCE IF NOT EXISTS license_event_seq START 1000000;
  ALTER TABLE license_event_logs ALTER seq SET DEFAULT nextval('license_event_seq')`);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`listens on ${await app.getUrl()}`);
