import type { Socket } from 'node:net';

/**
 * Value that is kept on each socket itself. A WeakMap that changes with every request costs more: V8 retains its former entries until the
 * next full collection.
 */
export class SocketField<Value> {
  private readonly key = Symbol('field');

  get(socket: Socket): Value | undefined {
    return (socket as Socket & Record<symbol, Value | undefined>)[this.key];
  }

  set(socket: Socket, value: Value | undefined): void {
    (socket as Socket & Record<symbol, Value | undefined>)[this.key] = value;
  }
}
