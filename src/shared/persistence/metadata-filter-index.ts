/** Keeps the values of licenses by the metadata keys that tenants declare as filters. The module that stores licenses implements it. */
export abstract class MetadataFilterIndex {
  /** Fills in and removes the values of keys that tenants declared or withdrew. Does not wait for it. */
  abstract updateSoon(): void;
}
