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
/** Started by path. They require nothing of ours. */
const SCRIPTS = ['child/thread-script'];
/** Who runs these, and what they require at once, loads that file. What nobody does is in `more`. */
const ROOTS = {
  core: ['index', 'child/process-worker', 'child/thread-worker', 'engine/wiring'],
  parents: ['engine/top-role', 'engine/supervised-server', 'sockets/socket-manager-token'],
};

const printer = ts.createPrinter({ removeComments: true });
/** The compiler's helpers by name, as text. */
const helpers = new Map();
const required = new Map();
const compiled = new Map(listFiles('.js').map((id) => [id, parse(id)]));
const placeOf = placeAll();

const exportsOf = new Map(ENTRIES.map((id) => [id, exportedNames(id)]));
const keptTypes = typesSeenFrom(ENTRIES);
const tables = Object.fromEntries(['core', 'parents', 'more'].map((place) => [place, tableOf(place)]));
for (const id of placeOf.keys()) rmSync(join(DIST, `${id}.js`));
for (const id of listFiles('.d.ts')) if (!keptTypes.has(id)) rmSync(join(DIST, `${id}.d.ts`));
removeEmptyFolders(DIST);

write('core.js', coreText());
for (const place of ['parents', 'more']) {
  write(`${place}.js`, `'use strict';\n${helperText()}module.exports = ${tables[place]};\n`);
}
for (const id of ENTRIES) write(`${id}.js`, entryText(id));

function listFiles(extension) {
  return readdirSync(DIST, { recursive: true })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => path.endsWith(extension))
    .map((path) => path.slice(0, -extension.length))
    .sort();
}

function parse(id) {
  const text = readFileSync(join(DIST, `${id}.js`), 'utf8');
  const file = ts.createSourceFile(`${id}.js`, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  required.set(id, requiredAtOnce(file, id));
  return file;
}

function requiredAtOnce(file, id) {
  const found = [];
  const visit = (node) => {
    const target = requiredBy(node, id);
    if (target !== undefined) found.push(target);
    else if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Which file each compiled one is put into. */
function placeAll() {
  const places = new Map();
  for (const [place, roots] of Object.entries(ROOTS)) {
    const found = new Set(roots);
    for (const id of found) {
      if (!places.has(id)) places.set(id, place);
      for (const target of required.get(id)) found.add(target);
    }
  }
  for (const id of compiled.keys()) if (!places.has(id) && !SCRIPTS.includes(id)) places.set(id, 'more');
  return places;
}

/** A compiled file without comments and helpers; what it requires of ours is named from the root. */
function bodyOf(id) {
  const file = compiled.get(id);
  const rewrite = (context) => (root) => {
    const visit = (node) => {
      if (isHelper(node, file)) return undefined;
      const target = requiredBy(node, id);
      if (target === undefined) return ts.visitEachChild(node, visit, context);
      const { factory } = context;
      const names = placeOf.get(target) === 'core' ? [target] : [target, `./${placeOf.get(target)}.js`];
      const load = factory.createIdentifier('load');
      return factory.createCallExpression(
        load,
        undefined,
        names.map((name) => factory.createStringLiteral(name)),
      );
    };
    return ts.visitNode(root, visit);
  };
  const { transformed } = ts.transform(file, [rewrite]);
  return withScriptPaths(printer.printFile(transformed[0]), id);
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

function tableOf(place) {
  const entries = [...placeOf].filter(([, at]) => at === place).map(([id]) => id);
  const functions = entries.map((id) => {
    const text = `function (exports, load, require) {\n${bodyOf(id)}}`;
    // In brackets, those that are run for sure: V8 then compiles them as it reads them, not once more when they run.
    return `${JSON.stringify(id)}: ${place === 'more' ? text : `(${text})`}`;
  });
  return `{\n${functions.join(',\n')}\n}`;
}

function coreText() {
  return `'use strict';
${helperText()}const files = ${tables.core};
const loaded = new Map();

module.exports = function load(name, path) {
  const known = loaded.get(name);
  if (known) return known;
  if (!files[name]) Object.assign(files, require(path));
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

/** The last line is not run: by it Node finds the names for `import`. */
function entryText(id) {
  const place = placeOf.get(id) === 'core' ? '' : `, './${placeOf.get(id)}.js'`;
  return `'use strict';
module.exports = require('./core.js')('${id}'${place});
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
