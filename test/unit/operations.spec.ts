import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Command } from '@nestjs/cqrs';
import { BatchChangeLicensesCommand } from '../../src/licensing/index.js';
import { claimOf } from '../../src/shared/persistence/idempotency-claim.js';
import { operationOf, type TenantCommand } from '../../src/shared/messaging/tenant-command.js';
import { Actor } from '../../src/shared/access/actor.js';

type CommandClass = new (actor: unknown, ...rest: unknown[]) => TenantCommand<unknown>;

/** A request with an idempotency key, and the digest that 0.1.0 stored for it: SHA-256 in hexadecimal. */
interface Recorded {
  readonly operation: string;
  readonly arguments: unknown[];
  readonly digest: string;
}

const recorded = JSON.parse(readFileSync('test/fixtures/idempotency-0.1.0.json', 'utf8')) as Recorded[];

const actor = Object.assign(Actor.service('test', 'acme'), {
  actFor: (tenantId: string) => Actor.service('test', tenantId),
});
async function commandClasses(): Promise<CommandClass[]> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.command.ts'),
  );
  const modules = await Promise.all(
    files.map((file) => import(`../../src/${file.replace(/ts$/, 'js')}`) as Promise<Record<string, unknown>>),
  );
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is CommandClass => typeof value === 'function' && value.prototype instanceof Command)
    .filter((type) => Reflect.hasOwnMetadata('__command__', type));
}

/** The classes that have handlers, by operation. */
async function classesByOperation(): Promise<Map<string, CommandClass>> {
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.handler.ts')) await import(`../../src/${file.replace(/ts$/, 'js')}`);
  const classes = (await commandClasses()).filter((type) => (type as unknown) !== BatchChangeLicensesCommand);
  return new Map(classes.map((type) => [operationOf({ constructor: type }), type]));
}

describe('operations', () => {
  it('are these, each of one command: an operation is renamed by a decision, since digests and events contain it', async () => {
    const batches = (['renew', 'suspend', 'revoke'] as const).map((action) =>
      operationOf(new BatchChangeLicensesCommand(actor, action, undefined as never)),
    );
    expect([...(await classesByOperation()).keys(), ...batches].sort()).toMatchInlineSnapshot(`
     [
       "activations.create",
       "activations.deactivate",
       "activations.replace",
       "activations.reset",
       "api-keys.create",
       "api-keys.revoke",
       "api-keys.rotate",
       "blocked-devices.create",
       "blocked-devices.delete",
       "client.activate",
       "client.check-out",
       "client.heartbeat",
       "client.replace",
       "customer-notes.create",
       "customer-notes.delete",
       "customers.create",
       "customers.import",
       "customers.update",
       "documents.sign",
       "email-messages.cancel",
       "email-messages.resend",
       "email-messages.send",
       "email-templates.delete",
       "email-templates.put",
       "events.record",
       "license-pools.allot",
       "license-pools.create",
       "license-pools.update",
       "licenses.batch-issue",
       "licenses.batch-renew",
       "licenses.batch-revoke",
       "licenses.batch-suspend",
       "licenses.change-template",
       "licenses.check-out",
       "licenses.convert-trial",
       "licenses.find",
       "licenses.follow-subscription",
       "licenses.import",
       "licenses.issue",
       "licenses.issue-all",
       "licenses.link-subscription",
       "licenses.reinstate",
       "licenses.renew",
       "licenses.reveal-key",
       "licenses.revoke",
       "licenses.rotate-key",
       "licenses.suspend",
       "licenses.transfer",
       "licenses.update",
       "orders.approve",
       "orders.cancel",
       "orders.create",
       "orders.fulfil",
       "orders.record-payment",
       "orders.refund",
       "orders.update",
       "partner-invitations.create",
       "partner-invitations.redeem",
       "partner-invitations.resend",
       "partner-invitations.withdraw",
       "partners.approve",
       "partners.create",
       "partners.issue-license",
       "partners.reinstate",
       "partners.suspend",
       "partners.update",
       "products.create",
       "products.update",
       "quotes.accept",
       "quotes.create",
       "quotes.decline",
       "quotes.send",
       "quotes.update",
       "revocation-list.publish",
       "sessions.end",
       "signing-keys.activate",
       "signing-keys.create",
       "signing-keys.retire",
       "signing-keys.revoke",
       "subscriptions.create",
       "subscriptions.ingest",
       "subscriptions.link",
       "subscriptions.unlink",
       "subscriptions.update",
       "templates.create",
       "templates.duplicate",
       "templates.update",
       "tenants.create",
       "tenants.update",
       "usage.consume",
       "usage.correct",
       "usage.release",
       "workflows.cancel",
       "workflows.finish",
       "workflows.mark",
       "workflows.retry",
       "workflows.signal",
       "workflows.start",
     ]
    `);
  });

  it('are missed where a class has none', () => {
    class Nameless extends Command<void> {}
    expect(() => operationOf(new Nameless())).toThrow(TypeError);
  });
});

describe('the digest of a request with an idempotency key', () => {
  const claimOfRecorded = async ({ operation, arguments: content }: Recorded) => {
    const type = (await classesByOperation()).get(operation);
    if (!type) throw new Error(`No command has the operation ${operation}.`);
    const command = new type(actor, ...content);
    Object.defineProperty(command, 'options', { value: { ...command.options, idempotencyKey: 'key' } });
    return claimOf(command);
  };

  it.each(recorded)('of 0.1.0 is recognised: $operation $arguments', async (request) => {
    expect((await claimOfRecorded(request))?.legacyDigest()).toBe(request.digest);
  });

  it('has one form: it is changed by a decision, with a new version, since a retry crosses a deployment', async () => {
    const digests = await Promise.all(
      recorded.map(async (request) => `${(await claimOfRecorded(request))?.requestDigest} ${request.operation}`),
    );
    expect(digests).toMatchInlineSnapshot(`
     [
       "a6aebc73dd095d8f3b155a438fc9653ffb36331f730a625d8bc7d8c2ac4ca12c activations.create",
       "8235f91ec700826ce43bce7fc202467fc457227f7d6eeba22c8e67a93c5b776e activations.deactivate",
       "21b0548b5cc916fb003c7db5bd1db453355c04b240b9393db98b8e638add97b8 activations.deactivate",
       "37a5677b1f8682dd22b90a178817985e35a0635a75af3da9066ad1a6b6079094 api-keys.create",
       "5f6b618ef24b82007ccf2df53d10ecc82d476991c3c5bcffd29eb3955c1e6a82 api-keys.revoke",
       "e5a7008f0625fc65b0af09f90ab7c54f74b23d11d6b55200483a0cad5842315e api-keys.rotate",
       "b00d4153126084780bdf49feb06fe7e0bb7b295816a36727c85bd50fac3bc651 client.heartbeat",
       "68f2d75b3d7a226b757562665bfe2a861e612ab01dd3b6920f9548a7289acbc7 customers.create",
       "5c7e432ea6d17262f6fe952fba16ef06d8dd2da0a545d07173a20464782fba56 customers.update",
       "ae04ce9d79f1343bc83565a127f3a7e62d94a548b45e92afa13f2e15ed2e439c licenses.change-template",
       "dc524e66add386d155118f30c80d0d6ff6e4c86b8da1569df705ffe38fb92d20 licenses.check-out",
       "4a89942939912c6c6c161cfb9351258fe9a752b0aa256b120f9c0b421017de95 licenses.convert-trial",
       "c4dc6232db3c713bb1b068e055962460522a64e35dc3b364a870e073910a9b99 licenses.issue",
       "b95819e0c3aac8be18d4880dc9454aa22e322620b89fd62d23b6a624a3304cab licenses.issue",
       "58a9ec368481405241d7d4a36d525f4a227808cfc61f660c5e96aeda6c162233 licenses.reinstate",
       "664bb21a6ccbfef9120699faa4b89aed6d5f1a28f0da809fb2d173235b578308 licenses.renew",
       "ed4cc652b181e93cd9406ca633758d0176adb9f3c7fc2901c7a39df29f26fa00 licenses.renew",
       "b545dd8af95f45a2059a1bbdc5af57fc3182d47ec26c2b536a81e6b1100c798e licenses.reveal-key",
       "1e6679068c8a1a5ea5d31a73c9d3a3cd458934fa592df1e555394a281733c658 licenses.revoke",
       "aa2993b24dacadb300f60f94d0354fb214518a80f15e31f87f24b6eb4efaaa08 licenses.suspend",
       "467293f366ea6c16fb0911f5d256f540d530c9aa582ffa76c050899b02bd8330 licenses.transfer",
       "d6daead473bb1eaa452d89ac251ac8c9170910a1b7376a4d7b63ff579690a678 licenses.update",
       "525584335f23e8a531abbceb246fcf1c084b6a80bb994ece5e4c34dbe5a7cd5a products.create",
       "90093d3f0492a11d3425b88a0fef1a677c4c87f90ddddd795996764df1e61151 products.update",
       "50deff100318e687f4dba4f6cb4d4e11dd9ae07b1ebf08f1d8c9cb14c86c8b53 signing-keys.activate",
       "fd7a45428e793b6f6ad458a66e27002cfbb6d15c84949cfc5f44f6e72e04f89b signing-keys.create",
       "6cc1d53c2f56d382c30d2182149ce8c54486905c6c2fed520c7cac5b523f99e2 signing-keys.retire",
       "4a38dd75a3c6744e84e39e41a6d858ebc294717f6d18f18f7bd1b636a40c3bb2 signing-keys.revoke",
       "123e6908aa4113b6f5b8d06779af5af8f5106bb5d8df3aa27317854a46203e82 templates.create",
       "40f82b4ee0411213efd04508d007fb2b33b337a708b4f0791f46b156e077a524 templates.duplicate",
       "891dc9fd6dfd7f1254559f620adc0b3dda5bf7cd45a7e3eafa266fc4f4a83fb3 templates.update",
       "80f0be36d83fa8163dea5003f1d13457e2dc53aba1afb379a365d65a952659bd tenants.create",
       "3f08276a5aef6d993dcb203552b82048bfc734e19aee8f268e8e40bd2009faa0 tenants.update",
       "8a1be0eea4288555bb3275104f0c94334ff8b0cfe29a194245fbbcdad5a08764 usage.consume",
       "0435def0604fb28e1b0c1aac7e8462b134bde283ce0f47c2171c13fa273e93ce usage.release",
     ]
    `);
  });

  it('is not that of 0.1.0 for an operation that came later', () => {
    const command = { actor, options: { idempotencyKey: 'key' }, operation: 'later.do', payload: {} };
    expect(claimOf(command as never)?.legacyDigest()).toBeUndefined();
  });
});
