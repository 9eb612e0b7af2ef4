/** Figures of the chat front end, printed, never asserted: `playwright test -c tests/e2e/figures/playwright.config.ts`. */
import house from '../playwright.config';

const [, echo] = house.webServer as unknown[];

export default {
  ...house,
  webServer: echo,
  testDir: '.',
  testIgnore: [],
  timeout: 300_000,
  outputDir: '../../../test-results',
};
