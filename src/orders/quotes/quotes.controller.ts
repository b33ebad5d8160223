import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import {
  CreatedAt,
  DescribeChange,
  DescribeList,
  DescribeRead,
  DescribeWrite,
} from '../../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../../shared/http/command-options.decorators.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { AcceptQuoteCommand } from './commands/accept-quote.command.js';
import { CreateQuoteCommand } from './commands/create-quote.command.js';
import { DeclineQuoteCommand } from './commands/decline-quote.command.js';
import { SendQuoteCommand } from './commands/send-quote.command.js';
import { UpdateQuoteCommand } from './commands/update-quote.command.js';
import { GetQuoteQuery } from './queries/get-quote.query.js';
import { ListQuotesQuery } from './queries/list-quotes.query.js';
import {
  AcceptQuoteRequest,
  CreateQuoteRequest,
  DeclineQuoteRequest,
  ListQuotesRequest,
  SendQuoteRequest,
  UpdateQuoteRequest,
} from './quote.requests.js';
import { AcceptedQuote, QuotePage, QuoteResponse } from './quote.response.js';

const NOT_FOUND = ['QUOTE_NOT_FOUND'] as const;
const REFERENCES = ['TEMPLATE_NOT_FOUND', 'LICENSE_NOT_FOUND'] as const;
const STATE = ['QUOTE_STATE', 'QUOTE_EXPIRED'] as const;

@ApiTags('Quotes')
@Controller('v1/quotes')
export class QuotesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('orders:write')
  @DescribeWrite(
    { operationId: 'createQuote', summary: 'Create a quote', description: 'A DRAFT, which is not binding yet.' },
    { 404: ['CUSTOMER_NOT_FOUND', ...REFERENCES] },
  )
  @CreatedAt('/v1/quotes', 'quote_id')
  @ApiCreatedResponse({ standardSchema: QuoteResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateQuoteRequest }) body: CreateQuoteRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateQuoteCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('orders:read')
  @DescribeList({
    operationId: 'listQuotes',
    summary: 'List quotes',
    description: 'Newest first, without their lines.',
  })
  @ListOf(QuotePage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListQuotesRequest }) query: ListQuotesRequest) {
    return this.queries.execute(new ListQuotesQuery(actor, query));
  }

  @Get(':quote_id')
  @RequirePermission('orders:read')
  @DescribeRead({ operationId: 'getQuote', summary: 'Get a quote' }, { 404: NOT_FOUND })
  @ApiOkResponse({ standardSchema: QuoteResponse })
  get(@CurrentActor() actor: Actor, @Param('quote_id', { schema: UuidParameter }) quoteId: string) {
    return this.queries.execute(new GetQuoteQuery(actor, quoteId));
  }

  @Patch(':quote_id')
  @RequirePermission('orders:write')
  @DescribeChange(
    { operationId: 'updateQuote', summary: 'Update a quote', description: 'JSON Merge Patch.' },
    { 404: [...NOT_FOUND, 'CUSTOMER_NOT_FOUND', ...REFERENCES], 409: STATE },
  )
  @ApiOkResponse({ standardSchema: QuoteResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('quote_id', { schema: UuidParameter }) quoteId: string,
    @Body({ schema: UpdateQuoteRequest }) body: UpdateQuoteRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateQuoteCommand(actor, quoteId, body, options));
  }

  @Post(':quote_id/send')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange(
    {
      operationId: 'sendQuote',
      summary: 'Mark a quote as sent',
      description: 'Fixes what is offered. The server sends no e-mail for it.',
    },
    { 404: NOT_FOUND, 409: STATE },
  )
  @ApiOkResponse({ standardSchema: QuoteResponse })
  send(
    @CurrentActor() actor: Actor,
    @Param('quote_id', { schema: UuidParameter }) quoteId: string,
    @Body({ schema: SendQuoteRequest }) body: SendQuoteRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new SendQuoteCommand(actor, quoteId, body, options));
  }

  @Post(':quote_id/accept')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange(
    {
      operationId: 'acceptQuote',
      summary: 'Accept a quote',
      description: 'Creates its order. A quote that was accepted before keeps the order that it has.',
    },
    { 404: NOT_FOUND, 409: [...STATE, 'ORDER_EXISTS'] },
  )
  @ApiOkResponse({ standardSchema: AcceptedQuote })
  accept(
    @CurrentActor() actor: Actor,
    @Param('quote_id', { schema: UuidParameter }) quoteId: string,
    @Body({ schema: AcceptQuoteRequest }) body: AcceptQuoteRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new AcceptQuoteCommand(actor, quoteId, body, options));
  }

  @Post(':quote_id/decline')
  @HttpCode(200)
  @RequirePermission('orders:write')
  @DescribeChange({ operationId: 'declineQuote', summary: 'Decline a quote' }, { 404: NOT_FOUND, 409: STATE })
  @ApiOkResponse({ standardSchema: QuoteResponse })
  decline(
    @CurrentActor() actor: Actor,
    @Param('quote_id', { schema: UuidParameter }) quoteId: string,
    @Body({ schema: DeclineQuoteRequest }) body: DeclineQuoteRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new DeclineQuoteCommand(actor, quoteId, body, options));
  }
}
