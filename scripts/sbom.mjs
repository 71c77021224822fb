/**
 * Writes dist/sbom.cdx.json from package-lock.json: what is installed with the package, as CycloneDX. The same lock
 * file gives the same text, without a trace of the machine.
 *
 *   node scripts/sbom.mjs
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ARGS = ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'];

const { name } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const sbom = JSON.parse(execFileSync('npm', ARGS, { cwd: ROOT, encoding: 'utf8' }));
delete sbom.serialNumber;
delete sbom.metadata.timestamp;
// npm uses the name of the folder.
sbom.metadata.component.name = name;
writeFileSync(`${ROOT}dist/sbom.cdx.json`, `${JSON.stringify(sbom, undefined, 1)}\n`);
console.error(`dist/sbom.cdx.json: ${sbom.components.length} components`);
