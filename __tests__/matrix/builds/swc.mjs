// Compiles an app as @swc/cli does.  node swc.mjs SOURCE TARGET
import { writeFileSync } from 'node:fs';
import { transformFile } from '@swc/core';

const [source, target] = process.argv.slice(2);
const { code } = await transformFile(source, {
  swcrc: false,
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
});
writeFileSync(target, code);
