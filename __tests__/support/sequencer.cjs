const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Files of these projects start first: all other workers of jest would idle while a long file runs last. */
const ORDER = ['dialects', 'integration', 'samples', 'rooms', 'unit'];

/** An engine looks at a hanging worker for one second: these start when the checks beside the tests have left the processor. */
const AFTER_CHECKS = ['hangs.test.ts', 'boot-hangs.test.ts'];
const FILES_BESIDE_CHECKS = 16;

/** Within a project the order follows what jest knows: the time of the last run, or the size of the file. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName?.name);
    const sorted = super.sort(tests).sort((a, b) => rank(a) - rank(b));
    const isLater = ({ path }) => AFTER_CHECKS.includes(basename(path));
    const others = sorted.filter((test) => !isLater(test));
    const first = others.slice(0, FILES_BESIDE_CHECKS);
    return [...first, ...sorted.filter(isLater), ...others.slice(FILES_BESIDE_CHECKS)];
  }
};
