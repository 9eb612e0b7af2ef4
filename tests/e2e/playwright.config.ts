/** Real Chromium (Debian's) against the real server and engine. One worker: the machine has two cores and one engine. */
import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { ADMINISTRATOR } from './people';

const port = Number(process.env.E2E_PORT ?? 8123);
const python = process.env.E2E_PYTHON ?? '.venv/bin/python';

export default defineConfig({
  testDir: '.',
  testIgnore: ['pictures/**', 'figures/**', 'shelf/**'],
  outputDir: '../../test-results',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
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
  // Beside the real engine's house two with the echo engine: one speaks long Markdown at an even pace, one reads out what it is told
  // and has a second model to be compared with.
  webServer: [
    house(port, 'local'),
    house(port + 1, 'echo://?tokens=5000&rate=150&text=markdown', ADMINISTRATOR),
    house(port + 2, 'echo://?rate=200&text=told,echo://?tokens=120&rate=40&model=owl', ADMINISTRATOR),
  ],
});

function house(onPort: number, engines: string, administrator = '') {
  return {
    command: `${python} -m tests.e2e.server --port ${onPort} --engines "${engines}" --administrator "${administrator}"`,
    cwd: resolve(__dirname, '../..'),
    url: `http://127.0.0.1:${onPort}/readyz`,
    timeout: 120_000,
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 35_000 },
    stdout: 'pipe' as const,
  };
}
