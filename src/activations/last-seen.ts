import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Chore } from '../shared/chore.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';

const FLUSH_INTERVAL_MS = 15_000;

const WRITE = {
  name: 'activations.last-seen',
  text: `UPDATE license_activations SET last_seen_at = greatest(last_seen_at, seen.at)
         FROM unnest($2::uuid[], $3::timestamptz[]) AS seen (id, at)
         WHERE tenant_id = $1 AND activation_id = seen.id AND status = 'ACTIVE'`,
};

/** Remembers when each device was last seen and writes it down now and then, one statement a tenant, off the request's path. */
@Injectable()
export class LastSeen implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly chore = new Chore(LastSeen.name, 'When devices were last seen could not be written');
  private seen = new Map<string, Map<string, Date>>();

  constructor(private readonly unitOfWork: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.chore.every(FLUSH_INTERVAL_MS, () => this.flush());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop(() => this.flush());
  }

  note({ tenantId, activationId }: { tenantId: string; activationId: string }, now: Date): void {
    const ofTenant = this.seen.get(tenantId);
    if (ofTenant) ofTenant.set(activationId, now);
    else this.seen.set(tenantId, new Map([[activationId, now]]));
  }

  /** What fails for one tenant does not keep it from the others. */
  async flush(): Promise<void> {
    const { seen } = this;
    this.seen = new Map();
    for (const [tenantId, devices] of seen) {
      const values = [tenantId, [...devices.keys()], [...devices.values()]];
      await this.chore.attempt(() =>
        this.unitOfWork.run(tenantId, (transaction) => transaction.query({ ...WRITE, values })),
      );
    }
  }
}
