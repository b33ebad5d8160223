export { ClientApiModule } from './client-api.module.js';
export { ActivateClientCommand } from './commands/activate-client.command.js';
export { CheckOutClientCommand } from './commands/check-out-client.command.js';
