export { generateApiKey } from './api-key.js';
export { adminKeyFile, bootstrap, type Bootstrapped } from './bootstrap.js';
export { TenantRegistry, TenantRegistryError } from './tenant-registry.js';
export { TenantsModule } from './tenants.module.js';
