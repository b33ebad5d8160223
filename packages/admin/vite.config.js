import { readFileSync } from 'node:fs';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `IMPRIMATUR_URL` names the server that `npm run dev` passes requests to. */
const { IMPRIMATUR_URL: target = 'http://127.0.0.1:3000' } = process.env;

/** The server and its admin UI are one package, so they have one version. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  base: '/admin/',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../../dist/admin',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no inline data but images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { '/v1': target, '/auth': target, '/docs': target, '/openapi.json': target } },
});
