import { Controller, HttpCode, Post, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentActor, OpenToPartners, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { DescribeBatch } from '../../shared/http/api.decorators.js';
import { WriteOptions } from '../../shared/http/command-options.decorators.js';
import { mapAsync } from '../../shared/http/streams/in-order.js';
import { Ndjson } from '../../shared/http/streams/ndjson.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { PartnerAction } from '../partner-allowance.js';
import { ImportLicensesCommand, type ImportRecord } from './import-licenses.command.js';
import { ImportParameters, mappingOf } from './import-line.requests.js';
import { ImportRecords } from './import-records.decorator.js';
import { toImportResult } from './import.response.js';

@ApiTags('Licenses')
@Controller('v1')
export class ImportsController {
  constructor(private readonly commands: CommandBus) {}

  @Post('licenses::import')
  @HttpCode(200)
  @OpenToPartners('import' satisfies PartnerAction)
  @RequirePermission('licenses:import')
  @DescribeBatch({
    operationId: 'importLicenses',
    summary: 'Import licenses of another system',
    description:
      'NDJSON, or CSV whose first line names the columns. A result per line. A license that is known by its key or external id stays as it is, so an import can be repeated. With the key of a partner, licenses are imported into its pools, as far as they allow it.',
  })
  @Ndjson('ImportLine', 'ImportResult', { csv: true })
  async import(
    @CurrentActor() actor: Actor,
    @Query({ schema: ImportParameters }) parameters: z.infer<typeof ImportParameters>,
    @ImportRecords() records: AsyncIterable<ImportRecord>,
    @WriteOptions() { idempotencyKey }: CommandOptions,
    @Req() { id }: FastifyRequest,
  ) {
    const options = { idempotencyKey, dryRun: parameters.dry_run, mapping: mappingOf(parameters) };
    const outcomes = await this.commands.execute(new ImportLicensesCommand(actor, records, options));
    return mapAsync(outcomes, (outcome) => toImportResult(outcome, id));
  }
}
