import { templateTitle } from '../../../src/launch/worker-privileges';

describe(templateTitle, () => {
  it.each([
    ['shop-%d', 'shop-template'],
    ['shop (100%%) %d', 'shop (100%) template'],
    ['shop worker', 'shop worker template'],
    [undefined, undefined],
  ])('differs from the titles of workers: %s', (workerProcessName, title) => {
    expect(templateTitle({ workerProcessName })).toBe(title);
  });
});
