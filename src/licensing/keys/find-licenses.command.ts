import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import type { FoundLicenses } from '../license.response.js';
import { FindLicensesRequest } from './find-licenses.requests.js';

/** Finds licenses by a value that support staff have, and records an event with the actor. */
export class FindLicensesCommand extends TenantCommand<FoundLicenses> {
  static readonly operation = 'licenses.find';

  readonly request: FindLicensesRequest;

  constructor(actor: Actor, request: z.input<typeof FindLicensesRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.request = validated(FindLicensesRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
