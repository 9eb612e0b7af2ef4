/** `make pictures`: the real house, photographed for the docs. Not part of the tests. */
import house from '../playwright.config';

export default { ...house, testDir: '.', testIgnore: [], outputDir: '../../../test-results' };
