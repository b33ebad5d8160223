import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { Actor } from '../shared/tenancy/actor.js';
import { ActivationRefusedEvent, type Seats } from './events/activation.events.js';

const HOUR_MS = 60 * 60 * 1000;

const NOTE = {
  name: 'activation-refusals.note',
  text: `INSERT INTO license_activation_refusals (tenant_id, license_id, fingerprint, hour) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING 1`,
};
const FORGET = {
  name: 'activation-refusals.forget',
  text: 'DELETE FROM license_activation_refusals WHERE tenant_id = $1 AND license_id = $2 AND hour < $3',
};

/**
 * Tells of devices that were refused, at most once per license, device and hour of the clock, however many processes
 * refuse it. The row and the event are one transaction, which nothing else is part of.
 */
@Injectable()
export class Refusals {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async note(actor: Actor, licenseId: string, fingerprint: string, seats: Seats, now: Date): Promise<void> {
    const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
    await this.unitOfWork.run(actor.tenantId, async (transaction) => {
      const values = [actor.tenantId, licenseId, fingerprint, hour];
      if ((await transaction.query({ ...NOTE, values })).length === 0) return;
      // The hour before stays, for a process whose clock is a little late.
      const old = new Date(hour.getTime() - HOUR_MS);
      transaction.write({ ...FORGET, values: [actor.tenantId, licenseId, old] });
      transaction.record(new ActivationRefusedEvent(actor, now, licenseId, fingerprint, seats));
    });
  }
}
