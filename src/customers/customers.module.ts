import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CreateCustomerHandler } from './commands/create-customer.handler.js';
import { ImportCustomersHandler } from './commands/import-customers.handler.js';
import { UpdateCustomerHandler } from './commands/update-customer.handler.js';
import { Customer } from './customer.entity.js';
import { CustomerRepository } from './customer.repository.js';
import { CustomersController } from './customers.controller.js';
import { GetCustomerNamesHandler } from './queries/get-customer-names.handler.js';
import { FindCustomerIdsHandler } from './queries/find-customer-ids.handler.js';
import { GetCustomerHandler } from './queries/get-customer.handler.js';
import { ListCustomersHandler } from './queries/list-customers.handler.js';

@Module({
  imports: [TypeOrmModule.forFeature([Customer])],
  controllers: [CustomersController],
  providers: [
    CustomerRepository,
    CreateCustomerHandler,
    ImportCustomersHandler,
    UpdateCustomerHandler,
    GetCustomerHandler,
    FindCustomerIdsHandler,
    GetCustomerNamesHandler,
    ListCustomersHandler,
  ],
})
export class CustomersModule {}
