import { existsSync } from 'node:fs';
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// Files of the Temporal worker that import its packages, which `npm run test:temporal` installs, and lints these files.
const TEMPORAL = 'workers/temporal/src/{bundle,client,decode-history,failure-converter,temporal,worker,workflows}.ts';
const unknown = existsSync('workers/temporal/node_modules') ? [] : [TEMPORAL];
const PROJECTS = [
  'tsconfig.json',
  'packages/client/tsconfig.json',
  'packages/admin/tsconfig.json',
  'workers/temporal/tsconfig.json',
];

export default defineConfig(
  {
    ignores: ['packages/admin/src/api/openapi.d.ts', '**/dist/', '**/node_modules/', '.data/', '**/.venv/', ...unknown],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    // A list of projects takes a quarter less CPU time than the project service.
    languageOptions: { parserOptions: { project: PROJECTS, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest modules and entities are classes that hold only decorators.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `for (…; await pause(20))` waits between two tries.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Nest declares the options of its factories as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A schema and its type share one name.
      'no-redeclare': 'off',
      '@typescript-eslint/no-redeclare': 'off',
    },
  },
  {
    files: ['test/**/*.ts', 'src/**/*.spec.ts', 'packages/*/src/**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['packages/admin/src/**'],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      // An action of an event need not be awaited by React.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['packages/admin/public/*.js'], languageOptions: { sourceType: 'script' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'document',
          'innerWidth',
          'localStorage',
          'matchMedia',
          'URLSearchParams',
          'globalThis',
          'fetch',
          'performance',
          'AbortSignal',
          'Buffer',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  prettier,
);
