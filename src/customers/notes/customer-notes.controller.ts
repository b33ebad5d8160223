import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { DescribeList, DescribeWrite } from '../../shared/http/api.decorators.js';
import { WriteOptions } from '../../shared/http/command-options.decorators.js';
import { IdParameter, UuidParameter } from '../../shared/http/schema.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { CreateCustomerNoteCommand } from './create-customer-note.command.js';
import { CreateCustomerNoteRequest, ListCustomerNotesRequest } from './customer-note.requests.js';
import { CustomerNotePage, CustomerNoteResponse } from './customer-note.response.js';
import { DeleteCustomerNoteCommand } from './delete-customer-note.command.js';
import { ListCustomerNotesQuery } from './list-customer-notes.query.js';

/** Notes of the vendor's staff, which partners do not see. */
@ApiTags('Customers')
@Controller('v1/customers/:customer_id/notes')
export class CustomerNotesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('customers:read')
  @DescribeList(
    { operationId: 'listCustomerNotes', summary: 'List notes on a customer', description: 'Newest first.' },
    { 404: ['CUSTOMER_NOT_FOUND'] },
  )
  @ListOf(CustomerNotePage)
  list(
    @CurrentActor() actor: Actor,
    @Param('customer_id', { schema: IdParameter }) customerId: string,
    @Query({ schema: ListCustomerNotesRequest }) query: ListCustomerNotesRequest,
  ) {
    return this.queries.execute(new ListCustomerNotesQuery(actor, customerId, query));
  }

  @Post()
  @RequirePermission('customers:write')
  @DescribeWrite(
    {
      operationId: 'createCustomerNote',
      summary: 'Add a note to a customer',
      description: 'The caller is its author. Partners do not see it.',
    },
    { 404: ['CUSTOMER_NOT_FOUND'] },
  )
  @ApiCreatedResponse({ standardSchema: CustomerNoteResponse })
  create(
    @CurrentActor() actor: Actor,
    @Param('customer_id', { schema: IdParameter }) customerId: string,
    @Body({ schema: CreateCustomerNoteRequest }) body: CreateCustomerNoteRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateCustomerNoteCommand(actor, customerId, body, options));
  }

  @Delete(':note_id')
  @RequirePermission('customers:write')
  @DescribeWrite(
    {
      operationId: 'deleteCustomerNote',
      summary: 'Delete a note on a customer',
      description: 'Returns the note. The event log keeps that it existed, without its text.',
    },
    { 404: ['CUSTOMER_NOTE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: CustomerNoteResponse })
  delete(
    @CurrentActor() actor: Actor,
    @Param('customer_id', { schema: IdParameter }) customerId: string,
    @Param('note_id', { schema: UuidParameter }) noteId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new DeleteCustomerNoteCommand(actor, customerId, noteId, body, options));
  }
}
