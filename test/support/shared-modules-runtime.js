import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SyntheticModule } from 'node:vm';
import Runtime from 'jest-runtime';

/** The product's code, as it is built, and packages. Jest's own are loaded by Jest, for each file. */
const SHARED = /\/dist\/|\/node_modules\/(?!(@jest|jest|jest-[^/]+|expect)\/)/;

/** Built-in classes that `expect.any` and Jest's comparisons know. */
const BUILT_IN = [
  'Array',
  'BigInt',
  'Boolean',
  'Date',
  'Error',
  'Function',
  'Map',
  'Number',
  'Object',
  'RegExp',
  'Set',
  'String',
  'Symbol',
];

/** Names that Jest defines for test files. */
const GLOBALS = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'test'];

/** Modules for the test files of this worker, by URL. */
const loaded = new Map();

const SOURCES = `${resolve('src')}/`;
const BUILT = `${resolve('dist')}/`;

/** Returns the file that the build made of a source of the product. */
function built(path) {
  return path.startsWith(SOURCES) ? path.replace(SOURCES, BUILT).replace(/\.ts$/, '.js') : path;
}

/** Returns a module for the test files, with the exports of the module that Node.js loaded from the URL. */
async function wrap(url) {
  const namespace = await import(url);
  const names = Object.keys(namespace);
  const module = new SyntheticModule(
    names,
    function () {
      for (const name of names) this.setExport(name, namespace[name]);
    },
    { identifier: url },
  );
  await module.link(() => {});
  await module.evaluate();
  return module;
}

/**
 * Loads the built code of the product and the packages once for all test files of a worker, as Node.js does it, where Jest loads them again
 * for each file. Therefore the test files run beside them, in no context of their own: values of both have the same built-in classes.
 */
export default class SharingRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const file = args.find((each) => typeof each === 'string' && each.endsWith('.spec.ts'));
    // Fake timers belong to the context that Jest gives to a file.
    this.isSharing = !readFileSync(file, 'utf8').includes('useFakeTimers');
    if (this.isSharing) this.share();
  }

  share() {
    for (const name of BUILT_IN) this._environment.global[name] = globalThis[name];
    const { esmLoader } = this;
    const resolveModule = esmLoader.resolveModule.bind(esmLoader);
    esmLoader.getContext = () => undefined;
    // On newer releases of Node.js, Jest would load modules without calling `resolveModule`.
    this._resolution.hasDistinctAsyncResolver = () => true;
    esmLoader.resolveModule = async (specifier, from, context) => {
      if (specifier.startsWith('node:') || specifier === '@jest/globals')
        return resolveModule(specifier, from, context);
      const path = built(await this._resolution.resolveEsmAsync(from, specifier));
      if (!SHARED.test(path)) return resolveModule(specifier, from, context);
      const { href } = pathToFileURL(path);
      if (!loaded.has(href)) loaded.set(href, wrap(href));
      return loaded.get(href);
    };
  }

  unstable_importModule(from, name) {
    if (this.isSharing) for (const global of GLOBALS) globalThis[global] = this._environment.global[global];
    return super.unstable_importModule(from, name);
  }
}
