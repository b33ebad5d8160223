import { Injectable } from '@nestjs/common';
import { TenantSlots } from './tenant-slots.js';

/** Maximum number of concurrent batches in this process, because the responses of all may wait in memory. */
const MAX_BATCHES = 16;
const MAX_BATCHES_PER_TENANT = 4;

/** Slots that all NDJSON routes share. */
@Injectable()
export class BatchSlots extends TenantSlots {
  constructor() {
    super(MAX_BATCHES, MAX_BATCHES_PER_TENANT);
  }
}
