/** The administration in a house of its own, which has models and a file that is nobody's. */
import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { ADMINISTRATOR } from '../people';

const port = Number(process.env.E2E_PORT ?? 8147);
const python = process.env.E2E_PYTHON ?? '.venv/bin/python';

export default defineConfig({
  testDir: '.',
  outputDir: '../../../test-results/shelf',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    locale: 'en-US',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  webServer: {
    command: `${python} -m tests.e2e.server --port ${port} --administrator ${ADMINISTRATOR} --adapter --stray`,
    cwd: resolve(__dirname, '../../..'),
    url: `http://127.0.0.1:${port}/readyz`,
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 35_000 },
    stdout: 'pipe' as const,
  },
});
