/**
 * Makes an object of many fields an instance of a class, as it is. `Object.assign(new Class(), fields)` would do the same, but
 * leaves an object that V8 keeps as a hash table once it has more than a dozen fields: reading it costs many times as much.
 */
export function hydrate<T extends object>(type: { readonly prototype: T }, fields: object): T {
  return Object.setPrototypeOf(fields, type.prototype) as T;
}
