const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Which project's files begin first: a long file that comes last is waited for while the other workers idle. */
const ORDER = ['dialects', 'integration', 'samples', 'unit'];

/** A worker that hangs is looked at for a second: these begin when the checks beside the tests have left the processor. */
const AFTER_CHECKS = ['hangs.test.ts', 'boot-hangs.test.ts'];
const FILES_BESIDE_CHECKS = 16;

/** Within a project by what jest knows: the time of the last run, else the size of the file. */
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
