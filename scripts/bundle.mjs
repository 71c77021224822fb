/**
 * Puts the compiled files of dist/ together: to find and read a hundred small files takes a process longer than to run
 * them. What a worker loads is one file, what only the processes above it load another; each compiled file stays a
 * function of its own there, which runs when it is first required, as before.
 *   node scripts/bundle.mjs
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/** What the package exports: names of files that stay where they are, as they are seen from outside. */
const ENTRIES = ['index', 'testing'];
/** A worker runs these, and what they require at once. */
const WORKER_ROOTS = ['index', 'child/process-worker', 'child/thread-worker', 'engine/wiring'];
/** Started by path. They require nothing of ours. */
const SCRIPTS = ['child/thread-script'];

const printer = ts.createPrinter({ removeComments: true });
/** The compiler's helpers by name, as text. */
const helpers = new Map();
const files = new Map(listFiles('.js').map((id) => [id, compile(id)]));
const ofWorkers = closure(WORKER_ROOTS);
const others = [...files.keys()].filter((id) => !ofWorkers.has(id) && !SCRIPTS.includes(id));

const exportsOf = new Map(ENTRIES.map((id) => [id, exportedNames(id)]));
const keptTypes = typesSeenFrom(ENTRIES);
for (const id of [...ofWorkers, ...others]) rmSync(join(DIST, `${id}.js`));
for (const id of listFiles('.d.ts')) if (!keptTypes.has(id)) rmSync(join(DIST, `${id}.d.ts`));
removeEmptyFolders(DIST);

write('core.js', coreOf([...ofWorkers]));
write('parents.js', `'use strict';\n${helperText()}module.exports = ${tableOf(others)};\n`);
for (const id of ENTRIES) write(`${id}.js`, entryOf(id));

function listFiles(extension) {
  return readdirSync(DIST, { recursive: true })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => path.endsWith(extension))
    .map((path) => path.slice(0, -extension.length))
    .sort();
}

/** A compiled file without comments and helpers, its requires by names from the root, and what it requires at once. */
function compile(id) {
  const text = readFileSync(join(DIST, `${id}.js`), 'utf8');
  const file = ts.createSourceFile(`${id}.js`, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const required = [];
  const rewrite = (context) => (root) => {
    const visit = (node, isInside) => {
      if (isHelper(node, file)) return undefined;
      const target = requiredBy(node, id);
      if (target === undefined) {
        const inside = isInside || ts.isFunctionLike(node);
        return ts.visitEachChild(node, (child) => visit(child, inside), context);
      }
      if (!isInside) required.push(target);
      const { factory } = context;
      return factory.createCallExpression(factory.createIdentifier('load'), undefined, [
        factory.createStringLiteral(target),
      ]);
    };
    return ts.visitNode(root, (node) => visit(node, false));
  };
  const { transformed } = ts.transform(file, [rewrite]);
  return { text: withScriptPaths(printer.printFile(transformed[0]), id), required };
}

/** What the compiler puts at the head of each file that needs it: once is enough. */
function isHelper(node, file) {
  if (!ts.isVariableStatement(node) || node.parent !== file) return false;
  const name = node.declarationList.declarations[0].name.getText(file);
  if (!/^__[a-zA-Z]+$/.test(name)) return false;
  helpers.set(name, printer.printNode(ts.EmitHint.Unspecified, node, file));
  return true;
}

/** The file of ours that this is a require() of. */
function requiredBy(node, id) {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const [argument] = node.arguments;
  if (node.expression.text !== 'require' || !argument || !ts.isStringLiteral(argument)) return undefined;
  if (!argument.text.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(id), argument.text);
  if (!existsSync(join(DIST, `${target}.js`)))
    throw new Error(`${id} requires ${target}, which is not there`);
  return target;
}

/** A file that is started by path is resolved from the root now. */
function withScriptPaths(text, id) {
  return text.replace(/require\.resolve\((["'])(\.[^"']+)\1\)/g, (_call, quote, path) => {
    const target = posix.join(posix.dirname(id), path);
    if (!SCRIPTS.includes(target))
      throw new Error(`${id} resolves ${target}, which is put into another file`);
    return `require.resolve(${quote}./${target}${quote})`;
  });
}

/** What is loaded as soon as these are. */
function closure(roots) {
  const found = new Set(roots);
  for (const id of found) for (const target of files.get(id).required) found.add(target);
  return found;
}

function tableOf(ids) {
  const entries = ids.map((id) => `${JSON.stringify(id)}(exports, load, require) {\n${files.get(id).text}}`);
  return `{\n${entries.join(',\n')}\n}`;
}

function coreOf(ids) {
  return `'use strict';
${helperText()}const files = ${tableOf(ids)};
const loaded = new Map();
let hasParents = false;

module.exports = function load(name) {
  const known = loaded.get(name);
  if (known) return known;
  if (!files[name] && !hasParents) {
    hasParents = true;
    Object.assign(files, require('./parents.js'));
  }
  const exports = {};
  loaded.set(name, exports);
  files[name](exports, load, require);
  return exports;
};
`;
}

function helperText() {
  return [...helpers.values()].map((text) => `${text}\n`).join('');
}

/** The last line is not run: by it Node finds the names for \`import\`. */
function entryOf(id) {
  return `'use strict';
module.exports = require('./core.js')(${JSON.stringify(id)});
0 && (module.exports = { ${exportsOf.get(id).join(', ')} });
`;
}

/** As the compiler wrote them, for Node to find: \`exports.a = exports.b = void 0\`, getters. */
function exportedNames(id) {
  const text = readFileSync(join(DIST, `${id}.js`), 'utf8');
  const names = new Set();
  for (const [, name] of text.matchAll(/\bexports\.(\w+) = /g)) names.add(name);
  for (const [, name] of text.matchAll(/defineProperty\(exports, "(\w+)"/g)) names.add(name);
  return [...names];
}

/** The declarations that the public ones name. */
function typesSeenFrom(ids) {
  const found = new Set(ids);
  for (const id of found) {
    const text = readFileSync(join(DIST, `${id}.d.ts`), 'utf8');
    for (const [, path] of text.matchAll(/\b(?:from |import |import\()['"](\.[^'"]+)['"]/g)) {
      found.add(posix.join(posix.dirname(id), path));
    }
  }
  return found;
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function write(name, text) {
  writeFileSync(join(DIST, name), text);
}
