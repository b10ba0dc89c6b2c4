export { sqliteStore } from './sqlite-store.ts';
export { durabilities, type Durability, type SqliteStoreOptions } from './sqlite-options.ts';
