import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { DescribeBatch, DescribeQuery } from '../../shared/http/api.decorators.js';
import { BatchChangeOptions, WriteOptions } from '../../shared/http/command-options.decorators.js';
import { mapAsync } from '../../shared/http/streams/in-order.js';
import type { InvalidLine, Line } from '../../shared/http/streams/lines.js';
import { NdjsonOf } from '../../shared/http/streams/ndjson-export.js';
import { Ndjson, NdjsonLines } from '../../shared/http/streams/ndjson.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { BatchChangeLicensesCommand } from './batch-change-licenses.command.js';
import { BatchIssueLicensesCommand } from './batch-issue-licenses.command.js';
import { toBatchActionResult, toBatchIssueResult } from './license-batch.response.js';
import { SelectLicensesRequest } from '../license.requests.js';
import { SelectLicensesQuery } from '../queries/select-licenses.query.js';

type Lines = AsyncIterable<Line | InvalidLine>;
type ChangeOptions = BatchChangeLicensesCommand['options'];

@ApiTags('Licenses')
@Controller('v1')
export class LicenseBatchesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('licenses::batch-issue')
  @HttpCode(200)
  @OpenToPartners()
  @RequirePermission('licenses:issue')
  @DescribeBatch({ operationId: 'batchIssueLicenses', summary: 'Issue licenses in bulk' })
  @Ndjson('BatchIssueLine', 'BatchIssueResult')
  async issue(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @WriteOptions() options: CommandOptions,
    @Req() { id }: FastifyRequest,
  ) {
    const outcomes = await this.commands.execute(new BatchIssueLicensesCommand(actor, lines, options));
    return mapAsync(outcomes, (outcome) => toBatchIssueResult(outcome, id));
  }

  @Post('licenses::batch-renew')
  @HttpCode(200)
  @RequirePermission('licenses:renew')
  @DescribeBatch({ operationId: 'batchRenewLicenses', summary: 'Renew licenses in bulk' })
  @Ndjson('BatchRenewLine', 'BatchActionResult')
  renew(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'renew', lines, options), id);
  }

  @Post('licenses::batch-suspend')
  @HttpCode(200)
  @RequirePermission('licenses:suspend')
  @DescribeBatch({ operationId: 'batchSuspendLicenses', summary: 'Suspend licenses in bulk' })
  @Ndjson('BatchActionLine', 'BatchActionResult')
  suspend(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'suspend', lines, options), id);
  }

  @Post('licenses::batch-reinstate')
  @HttpCode(200)
  @RequirePermission('licenses:suspend')
  @DescribeBatch({ operationId: 'batchReinstateLicenses', summary: 'Reinstate licenses in bulk' })
  @Ndjson('BatchReinstateLine', 'BatchActionResult')
  reinstate(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'reinstate', lines, options), id);
  }

  @Post('licenses::batch-revoke')
  @HttpCode(200)
  @RequirePermission('licenses:revoke')
  @DescribeBatch({ operationId: 'batchRevokeLicenses', summary: 'Revoke licenses in bulk' })
  @Ndjson('BatchActionLine', 'BatchActionResult')
  revoke(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'revoke', lines, options), id);
  }

  @Post('licenses::batch-transfer')
  @HttpCode(200)
  @RequirePermission('licenses:transfer')
  @DescribeBatch({ operationId: 'batchTransferLicenses', summary: 'Transfer licenses in bulk' })
  @Ndjson('BatchTransferLine', 'BatchActionResult')
  transfer(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'transfer', lines, options), id);
  }

  @Post('licenses::batch-change-template')
  @HttpCode(200)
  @RequirePermission('licenses:change-template')
  @DescribeBatch({ operationId: 'batchChangeLicenseTemplates', summary: 'Change the templates of licenses in bulk' })
  @Ndjson('BatchChangeTemplateLine', 'BatchActionResult')
  changeTemplate(
    @CurrentActor() actor: Actor,
    @NdjsonLines() lines: Lines,
    @BatchChangeOptions() options: ChangeOptions,
    @Req() { id }: FastifyRequest,
  ) {
    return this.change(new BatchChangeLicensesCommand(actor, 'change-template', lines, options), id);
  }

  @Post('licenses::select')
  @HttpCode(200)
  @RequirePermission('licenses:read')
  @DescribeQuery(
    {
      operationId: 'selectLicenses',
      summary: 'Select licenses for a batch',
      description:
        'By the filters of the list. Returns ids and versions as NDJSON, to which a batch adds the fields of its action.',
    },
    { 400: ['FILTER_NOT_DECLARED'], 409: ['FILTER_NOT_READY'] },
  )
  @NdjsonOf('SelectedLicense')
  select(@CurrentActor() actor: Actor, @Body({ schema: SelectLicensesRequest }) body: SelectLicensesRequest) {
    return this.queries.execute(new SelectLicensesQuery(actor, body));
  }

  private async change(command: BatchChangeLicensesCommand, requestId: string) {
    const outcomes = await this.commands.execute(command);
    return mapAsync(outcomes, (outcome) => toBatchActionResult(outcome, requestId));
  }
}
