/** Value that is JSON text already, so that it is written to a response as it is. */
export class JsonText<Value> {
  constructor(readonly text: string) {}

  toJSON(): Value {
    return JSON.parse(this.text) as Value;
  }
}

/** Returns the value as JSON. */
export function jsonOf(value: unknown): string {
  return value instanceof JsonText ? value.text : JSON.stringify(value);
}
