/** Build and development server of the chat front end. Assets carry a hash in their name: the web process caches them for ever. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { compression, defineAlgorithm } from 'vite-plugin-compression2';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const backend = process.env.MARU_BACKEND ?? 'http://127.0.0.1:8000';

interface Graph {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}
let startModules: ReadonlySet<string> | null = null;

/** Everything that the first page needs, in one file: fifty small ones take longer to fetch and compress worse. */
function startChunk(id: string, graph: Graph): string | null {
  startModules ??= reachable(fileURLToPath(new URL('./src/app/main.tsx', import.meta.url)), graph);
  return startModules.has(id) ? 'start' : null;
}

function reachable(entry: string, graph: Graph): ReadonlySet<string> {
  const found = new Set([entry]);
  for (const id of found) for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  return found;
}

const WORKER = fileURLToPath(new URL('./src/app/serviceWorker.js', import.meta.url));

/** Writes `sw.js` with the names of what the page itself names, and of the languages; the names' hashes make its version. */
function serviceWorker(): Plugin {
  return {
    name: 'maru-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post', // the page is written, and chunks that it does not need are gone
      handler(_options, bundle) {
        const page = bundle['index.html'];
        const named = page?.type === 'asset' ? [...String(page.source).matchAll(/"(\/assets\/[^"]+)"/g)] : [];
        if (named.length === 0) this.error('the page names no script: the service worker would keep nothing');
        const languages = Object.keys(bundle).filter((name) => /^assets\/(ko|en)-[^.]+\.js$/.test(name));
        const names = [...named.map((match) => match[1] ?? ''), ...languages.map((name) => `/${name}`)];
        const files = ['/', '/manifest.webmanifest', '/icons/icon-192.png', ...new Set(names)].toSorted();
        const version = createHash('sha256').update(Object.keys(bundle).toSorted().join()).digest('hex').slice(0, 12);
        const source = readFileSync(WORKER, 'utf8').replace("'__FILES__'", JSON.stringify(files));
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: source.replace('__VERSION__', version) });
      },
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [
    react(),
    serviceWorker(),
    compression({
      algorithms: [defineAlgorithm('gzip', { level: 9 }), defineAlgorithm('brotliCompress')],
      exclude: [/\.(woff2|png|br|gz)$/, /sw\.js$/],
      threshold: 1024,
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // A data: URL for a font would need font-src data: in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: startChunk, debugName: 'start' }] } } },
  },
  server: {
    port: 3001,
    strictPort: true,
    proxy: {
      '/api': { target: backend, changeOrigin: false },
      '/ws': { target: backend, ws: true, changeOrigin: false },
    },
  },
  test: {
    environment: 'jsdom',
    globals: false,
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    maxWorkers: '100%', // each file is a process of its own; else one core of two waits
    testTimeout: 30_000,
  },
});
