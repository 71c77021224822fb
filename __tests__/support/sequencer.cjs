const { default: Sequencer } = require('@jest/test-sequencer');

/** Which project's files begin first: a long file that comes last is waited for while the other workers idle. */
const ORDER = ['dialects', 'integration', 'samples', 'unit'];

/** Within a project by what jest knows: the time of the last run, else the size of the file. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName?.name);
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
