import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ICommand, IEvent } from '@nestjs/cqrs';
import { Subject } from 'rxjs';
import { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { Actor } from '../shared/access/actor.js';
import { AuditSaga } from './audit.saga.js';

class Happened extends IntegrationEvent {
  readonly type = 'thing.happened';

  constructor(tenantId: string) {
    const subject = { type: 'api_key', id: 'key', via: 'rest' } as const;
    super(new Actor(tenantId, subject, new Set()), new Date(), { resourceType: 'thing', resourceId: 'a' }, {});
  }
}

describe('the saga of the log', () => {
  const start = () => {
    const events = new Subject<IEvent>();
    const commands: ICommand[] = [];
    new AuditSaga().recordEvents(events).subscribe((command) => commands.push(command));
    return { events, commands };
  };
  const idsOf = (events: readonly Happened[]) => events.map(({ id }) => id);

  it('makes one command a tenant of what is published at once, in its order', async () => {
    const { events, commands } = start();
    const [first, second, third, other] = ['a', 'a', 'a', 'b'].map((tenantId) => new Happened(tenantId)) as [
      Happened,
      Happened,
      Happened,
      Happened,
    ];
    for (const event of [first, other, second, { of: 'another module' }, third]) events.next(event);
    await nextTurn();
    expect(commands).toEqual([
      expect.objectContaining({ tenantId: 'a', eventIds: idsOf([first, second, third]) }),
      expect.objectContaining({ tenantId: 'b', eventIds: [other.id] }),
    ]);
  });

  it('does so before anything else is begun, time and again', async () => {
    const { events, commands } = start();
    for (const tenantId of ['a', 'a', 'b']) {
      events.next(new Happened(tenantId));
      await Promise.resolve();
    }
    expect(commands).toHaveLength(3);
  });
});
