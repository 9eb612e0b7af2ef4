/** Build and development server of the admin dashboard, whose place is /admin/ in both. Assets carry a hash in their name. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { compression, defineAlgorithm } from 'vite-plugin-compression2';
import { defineConfig } from 'vitest/config';

const backend = process.env.MARU_BACKEND ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/admin/',
  plugins: [
    react(),
    compression({
      algorithms: [defineAlgorithm('gzip', { level: 9 }), defineAlgorithm('brotliCompress')],
      exclude: [/\.(woff2|png|br|gz)$/],
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
    chunkSizeWarningLimit: 1500,
  },
  server: {
    port: 3002,
    strictPort: true,
    proxy: {
      '/api': { target: backend, changeOrigin: false },
      '/ws': { target: backend, changeOrigin: false, ws: true },
    },
  },
  test: {
    environment: 'jsdom',
    globals: false,
    setupFiles: ['src/test/setup.ts'],
    testTimeout: 20_000, // more than Testing Library waits, on a busy machine
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    maxWorkers: '100%', // each file is a process of its own; else one core of two waits
  },
});
