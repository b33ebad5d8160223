export { CreateCustomerCommand } from './commands/create-customer.command.js';
export { UpdateCustomerCommand } from './commands/update-customer.command.js';
export { CustomerCreatedEvent, CustomerUpdatedEvent } from './events/customer.events.js';
export type { CreateCustomerRequest, CustomerResponse, UpdateCustomerRequest } from './customer.dto.js';
export { CustomerInactiveError, CustomerNotFoundError } from './customer.errors.js';
export { CustomersModule } from './customers.module.js';
export { GetCustomerNamesQuery, type CustomerName } from './queries/get-customer-names.query.js';
export { GetCustomerQuery } from './queries/get-customer.query.js';
export { ListCustomersQuery } from './queries/list-customers.query.js';
