import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';

const MAX_OBJECTS = 500_000;

/** Where one of these texts is held by anything that Nest made, however deep: paths such as `IssuanceTermsCache.customers.values`. */
export function findInMemory(app: INestApplicationContext, ...wanted: readonly string[]): string[] {
  const found: string[] = [];
  const seen = new Set<object>();
  // The pool of buffers holds what was sent, and none of them is read again.
  seen.add(app.get(DataSource));
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string') {
      if (wanted.some((text) => value.includes(text))) found.push(path);
      return;
    }
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    if (seen.size > MAX_OBJECTS) throw new Error('There is more in memory than this looks through.');
    if (value instanceof LRUCache || value instanceof Map) {
      for (const [key, inner] of value.entries() as Iterable<[unknown, unknown]>) {
        visit(key, `${path}[key]`);
        visit(inner, `${path}[value]`);
      }
    } else if (value instanceof Set) for (const inner of value) visit(inner, `${path}[]`);
    for (const name of Object.getOwnPropertyNames(value)) {
      const { value: inner } = Object.getOwnPropertyDescriptor(value, name) ?? {};
      visit(inner, `${path}.${name}`);
    }
  };
  for (const module of app.get(ModulesContainer).values()) {
    for (const { instance, name } of [...module.providers.values(), ...module.controllers.values()])
      visit(instance, String(name));
  }
  return found;
}
