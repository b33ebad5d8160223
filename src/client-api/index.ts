export { ClientApiModule } from './client-api.module.js';
export { ActivateClientCommand } from './commands/activate-client.command.js';
export { CheckOutClientCommand } from './commands/check-out-client.command.js';
export { ReplaceClientCommand } from './commands/replace-client.command.js';
export { GetEntitlementsQuery } from './queries/get-entitlements.query.js';
