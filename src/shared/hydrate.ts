/**
 * Turns `fields` itself into an instance of the class. `Object.assign(new Class(), fields)` would create an object that V8 stores as a hash
 * table once it has more than a dozen fields, and reading that is many times slower.
 */
export function hydrate<T extends object>(type: { readonly prototype: T }, fields: object): T {
  return Object.setPrototypeOf(fields, type.prototype) as T;
}
