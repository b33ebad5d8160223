import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  EventsHandler,
  QueryBus,
  type ICommandHandler,
  type IEventHandler,
} from '@nestjs/cqrs';
import { CreateCustomerCommand } from '../../src/customers/index.js';
import { GetLicenseQuery, IssueLicenseCommand, LicenseCreatedEvent } from '../../src/licensing/index.js';
import { CreateProductCommand, ProductUpdatedEvent, UpdateProductCommand } from '../../src/products/index.js';
import { Metrics } from '../../src/shared/metrics.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { ValidationError } from '../../src/shared/errors.js';
import { TenantNotFoundError } from '../../src/shared/access/access.errors.js';
import { Actor } from '../../src/shared/access/actor.js';
import { TemplateNotFoundError, UpdateTemplateCommand } from '../../src/templates/index.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const heard: { licenseId: string; status: string }[] = [];

/** A sibling that hears of licenses and looks each up at once. */
@EventsHandler(LicenseCreatedEvent)
class Welcome implements IEventHandler<LicenseCreatedEvent> {
  constructor(private readonly queries: QueryBus) {}

  async handle(event: LicenseCreatedEvent): Promise<void> {
    const actor = Actor.service('welcome', event.tenantId);
    const license = await this.queries.execute(new GetLicenseQuery(actor, event.resource.resourceId));
    heard.push({ licenseId: license.license_id, status: license.status });
  }
}

@Injectable()
class Onboarding {
  constructor(
    private readonly commands: CommandBus,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  issue(tenantId: string, order: { license_template_id: string | number; customer_id: string | number }) {
    return this.commands.execute(new IssueLicenseCommand(Actor.service('onboarding', tenantId), order));
  }

  /** Customer and license together or neither. */
  welcome(tenantId: string, templateId: string, customerId: string) {
    const actor = Actor.service('onboarding', tenantId);
    return this.unitOfWork.run(tenantId, async () => {
      await this.commands.execute(new CreateCustomerCommand(actor, { customer_id: customerId, first_name: 'Eve' }));
      const order = { license_template_id: templateId, customer_id: customerId };
      return this.commands.execute(new IssueLicenseCommand(actor, order));
    });
  }
}

/** A command of the sibling itself, which has no operation. */
class GreetCommand extends Command<string> {
  constructor(readonly name: string) {
    super();
  }
}

@CommandHandler(GreetCommand)
class GreetHandler implements ICommandHandler<GreetCommand> {
  execute({ name }: GreetCommand): Promise<string> {
    return Promise.resolve(`Welcome, ${name}`);
  }
}

@Module({ providers: [Onboarding, Welcome, GreetHandler] })
class OnboardingModule {}

describe('a sibling module, over the bus', () => {
  let app: TestApp;
  let api: Api;
  let templateId: string;
  let onboarding: Onboarding;

  beforeAll(async () => {
    app = await TestApp.start({ imports: [OnboardingModule] });
    api = await app.tenant();
    templateId = await api.template();
    onboarding = app.nest.get(Onboarding);
  });

  beforeEach(() => {
    heard.length = 0;
  });

  afterAll(() => app.stop());

  it('sends commands of its own, which are counted as other', async () => {
    expect(await app.nest.get(CommandBus).execute(new GreetCommand('Eve'))).toBe('Welcome, Eve');
    expect(await app.nest.get(Metrics).registry.metrics()).toContain('imprimatur_commands_total{operation="other"} 1');
  });

  it('issues in the same words and gets the same record as over REST', async () => {
    const byRest = await api.issue(templateId);
    const byBus: Wire = await onboarding.issue(api.tenantId, { license_template_id: templateId, customer_id: 42 });
    expect(Object.keys(byBus as object)).toEqual(Object.keys(byRest as object));
    expect(byBus).toMatchObject({ customer_id: '42', tenant_id: api.tenantId, issued_to: 'Customer 42' });
    await eventually(async () => {
      const { body } = await api.get(`/v1/license-events?license_id=${byBus.license_id}`);
      expect(body.data).toMatchObject([{ actor: { type: 'service', id: 'onboarding', via: 'bus' }, user_id: null }]);
    });
  });

  it('is told of each license once, when it can be read', async () => {
    const { license_id } = await onboarding.issue(api.tenantId, { license_template_id: templateId, customer_id: 'c' });
    await eventually(() => {
      expect(heard).toEqual([{ licenseId: license_id, status: 'ACTIVE' }]);
    });
  });

  it('is refused what is not valid, as at the door', () => {
    const order = { license_template_id: templateId, customer_id: 'a/b' };
    expect(() => new IssueLicenseCommand(Actor.service('x', api.tenantId), order)).toThrow(ValidationError);
  });

  it('takes a member that is undefined for one that was not sent', async () => {
    const actor = Actor.service('x', api.tenantId);
    await api.create('/v1/products', { product_id: 'undefined', name: 'P', sku: 'S' });
    const update = new UpdateProductCommand(actor, 'undefined', { sku: undefined, name: undefined });
    expect(await app.nest.get(CommandBus).execute(update)).toMatchObject({ name: 'P', sku: 'S', version: 1 });
  });

  it('records no event in a unit of work that only reads', async () => {
    const reading = app.nest.get(UnitOfWork).read(api.tenantId, (transaction) => {
      const event = new ProductUpdatedEvent(Actor.service('x', api.tenantId), new Date(), 'p', {
        before: {},
        after: {},
      });
      transaction.record(event);
      return Promise.resolve();
    });
    await expect(reading).rejects.toThrow('only reads');
  });

  it("reaches no other tenant's template, and no tenant that does not exist", async () => {
    const other = await app.tenant();
    const order = { license_template_id: templateId, customer_id: 'c' };
    await expect(onboarding.issue(other.tenantId, order)).rejects.toThrow(TemplateNotFoundError);
    await expect(onboarding.issue('ghost', order)).rejects.toThrow(TenantNotFoundError);
    const product = new CreateProductCommand(Actor.service('x', 'ghost'), { product_id: 'p', name: 'P' });
    await expect(app.nest.get(CommandBus).execute(product)).rejects.toThrow(TenantNotFoundError);
  });

  it.each(['', "x'; --", 'a'.repeat(64), undefined as unknown as string])(
    'cannot act for the tenant %j',
    (tenantId) => {
      expect(() => Actor.service('x', tenantId)).toThrow(TypeError);
    },
  );

  it('puts several commands into one unit of work', async () => {
    const license = await onboarding.welcome(api.tenantId, templateId, 'eve');
    expect(license.issued_to).toBe('Eve');
    await eventually(() => {
      expect(heard).toHaveLength(1);
    });
  });

  it('logs the events of a unit of work in the order of its commands, a license that it issues included', async () => {
    const license = await onboarding.welcome(api.tenantId, templateId, 'frank');
    await eventually(async () => {
      const { data } = (await api.get('/v1/license-events?order=desc&limit=2')).body;
      const latest = (data as Wire[]).map(({ event_type, resource_id }) => [event_type, resource_id] as unknown);
      expect(latest).toEqual([
        ['license.created', license.license_id],
        ['customer.created', 'frank'],
      ]);
    });
  });

  it('names in each event of a unit of work the command that recorded it, also where commands run at once', async () => {
    const actor = Actor.service('onboarding', api.tenantId);
    const commands = app.nest.get(CommandBus);
    await app.nest
      .get(UnitOfWork)
      .run(api.tenantId, () =>
        Promise.all([
          commands.execute(new CreateCustomerCommand(actor, { customer_id: 'grace', first_name: 'Grace' })),
          commands.execute(new CreateProductCommand(actor, { product_id: 'at-once', name: 'At once' })),
          commands.execute(new UpdateTemplateCommand(actor, templateId, { template_name: 'At once' })),
        ]),
      );
    await eventually(async () => {
      const { data } = (await api.get('/v1/license-events?order=desc&limit=3')).body;
      const named = (data as Wire[]).map(({ event_type, metadata }) => [event_type, metadata] as unknown);
      expect(new Map(named as [string, unknown][])).toEqual(
        new Map([
          ['customer.created', { operation: 'customers.create' }],
          ['product.created', { operation: 'products.create' }],
          ['template.updated', { operation: 'templates.update' }],
        ]),
      );
    });
  });

  it('takes back the first when the second fails, and nobody hears of either', async () => {
    await expect(onboarding.welcome(api.tenantId, 'no-such-template', 'mallory')).rejects.toThrow(
      TemplateNotFoundError,
    );
    expect((await api.get('/v1/customers/mallory')).status).toBe(404);
    expect(await app.database.query(`SELECT 1 FROM outbox WHERE resource_id = 'mallory'`)).toEqual([]);
    await onboarding.issue(api.tenantId, { license_template_id: templateId, customer_id: 'c' });
    await eventually(() => {
      expect(heard).toHaveLength(1);
    });
    const { body } = await api.get('/v1/license-events?resource_type=customer&resource_id=mallory');
    expect(body.data).toEqual([]);
  });

  it('issues to the customer that was created after another of that id was rolled back', async () => {
    await expect(onboarding.welcome(api.tenantId, 'no-such-template', 'carol')).rejects.toThrow(TemplateNotFoundError);
    await api.create('/v1/customers', { customer_id: 'carol', first_name: 'Bob' });
    const license = await api.issue(templateId, { customer_id: 'carol' });
    expect(license.issued_to).toBe('Bob');
  });

  it('issues on no terms of a template change that was rolled back', async () => {
    const changed = await api.template({ max_activations: 5 });
    const actor = Actor.service('onboarding', api.tenantId);
    const commands = app.nest.get(CommandBus);
    const update = (max_activations: number) =>
      commands.execute(new UpdateTemplateCommand(actor, changed, { max_activations }));
    const rolledBack = app.nest.get(UnitOfWork).run(api.tenantId, async () => {
      await update(77);
      await commands.execute(new IssueLicenseCommand(actor, { license_template_id: changed, customer_id: 'dave' }));
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await update(6);
    expect((await api.issue(changed)).max_activations).toBe(6);
  });
});
