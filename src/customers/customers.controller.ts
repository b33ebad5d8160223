import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { IdParameter } from '../shared/http/schema.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CreateCustomerCommand } from './commands/create-customer.command.js';
import { UpdateCustomerCommand } from './commands/update-customer.command.js';
import { CreateCustomerRequest, ListCustomersRequest, UpdateCustomerRequest } from './customer.requests.js';
import { GetCustomerQuery } from './queries/get-customer.query.js';
import { ListCustomersQuery } from './queries/list-customers.query.js';
import { CustomerPage, CustomerResponse } from './customer.response.js';

@ApiTags('Customers')
@Controller('v1/customers')
export class CustomersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @OpenToPartners()
  @RequirePermission('customers:write')
  @DescribeWrite({ operationId: 'createCustomer', summary: 'Create a customer' }, { 409: ['CUSTOMER_EXISTS'] })
  @CreatedAt('/v1/customers', 'customer_id')
  @ApiCreatedResponse({ standardSchema: CustomerResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateCustomerRequest }) body: CreateCustomerRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateCustomerCommand(actor, body, options));
  }

  @Get()
  @OpenToPartners()
  @RequirePermission('customers:read')
  @DescribeList({ operationId: 'listCustomers', summary: 'List customers', description: 'Newest first.' })
  @ListOf(CustomerPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListCustomersRequest }) query: ListCustomersRequest) {
    return this.queries.execute(new ListCustomersQuery(actor, query));
  }

  @Get(':customer_id')
  @OpenToPartners()
  @RequirePermission('customers:read')
  @DescribeRead({ operationId: 'getCustomer', summary: 'Get a customer' }, { 404: ['CUSTOMER_NOT_FOUND'] })
  @ApiOkResponse({ standardSchema: CustomerResponse })
  get(@CurrentActor() actor: Actor, @Param('customer_id', { schema: IdParameter }) customerId: string) {
    return this.queries.execute(new GetCustomerQuery(actor, customerId));
  }

  @Patch(':customer_id')
  @OpenToPartners()
  @RequirePermission('customers:write')
  @DescribeChange(
    { operationId: 'updateCustomer', summary: 'Update a customer', description: 'JSON Merge Patch.' },
    { 404: ['CUSTOMER_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: CustomerResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('customer_id', { schema: IdParameter }) customerId: string,
    @Body({ schema: UpdateCustomerRequest }) body: UpdateCustomerRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateCustomerCommand(actor, customerId, body, options));
  }
}
