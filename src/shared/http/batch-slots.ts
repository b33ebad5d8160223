import { Injectable } from '@nestjs/common';
import { TenantSlots } from './tenant-slots.js';

/** Batches at once in this process, whatever they do: their answers may all wait in memory. */
const MAX_BATCHES = 16;
const MAX_BATCHES_PER_TENANT = 4;

/** Slots of all routes of NDJSON together. */
@Injectable()
export class BatchSlots extends TenantSlots {
  constructor() {
    super(MAX_BATCHES, MAX_BATCHES_PER_TENANT);
  }
}
