/**
 * Checks the package as published with public tools: publint, are-the-types-wrong, and the audits of npm. It installs
 * the tools for each run, so that `npm ci` stays small. Needs `npm run build` first.
 *
 *   node scripts/package.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PUBLINT = 'publint@0.3.25';
const TYPES = '@arethetypeswrong/cli@0.18.5';

const folder = mkdtempSync(join(tmpdir(), 'serverengine-package-'));
try {
  const tarball = pack();
  const results = [
    check('publint', ['exec', '--yes', `--package=${PUBLINT}`, '--', 'publint', tarball, '--strict']),
    check('are the types wrong', ['exec', '--yes', `--package=${TYPES}`, '--', 'attw', tarball]),
    audit('npm audit of what users install', ['--omit=dev']),
    audit('npm audit of everything', []),
  ];
  process.exitCode = results.every((isGood) => isGood) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const args = ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  const { filename, size, unpackedSize, entryCount } = packed;
  console.log(`${filename}: ${size} bytes, unpacked ${unpackedSize} bytes in ${entryCount} files`);
  return join(folder, filename);
}

/** Some registries do not answer an audit. The result is then reported as unknown. */
function audit(name, args) {
  console.log(`\n──── ${name}`);
  const { stdout } = spawnSync('npm', ['audit', '--json', ...args], { cwd: ROOT, encoding: 'utf8' });
  const { metadata, message } = JSON.parse(stdout);
  if (!metadata) {
    console.log(`${name}: NOT CHECKED, the registry does not answer: ${message}`);
    return true;
  }
  const { total } = metadata.vulnerabilities;
  console.log(total === 0 ? `${name}: passed` : `${stdout}\n${name}: FAILED, ${total} vulnerabilities`);
  return total === 0;
}

function check(name, args) {
  console.log(`\n──── ${name}`);
  const { status, error } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' });
  if (error) console.error(error);
  console.log(status === 0 ? `${name}: passed` : `${name}: FAILED`);
  return status === 0;
}
