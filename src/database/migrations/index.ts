import { InitialSchema1763900000000 } from './1763900000000-initial-schema.js';
import { Access1763986400000 } from './1763986400000-access.js';

/** In order. A release expands the schema first and contracts it a release later, so that two releases can run at once. */
export const migrations = [InitialSchema1763900000000, Access1763986400000];

export const MIGRATIONS_TABLE = 'schema_migrations';
