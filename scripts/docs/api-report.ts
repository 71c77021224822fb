import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const DOORS: Readonly<Record<string, string>> = {
  serverengine: 'src/index.ts',
  'serverengine/testing': 'src/testing.ts',
};

const HEADER = `// The public API, from the declarations, without their comments. Made by \`npm run docs\`: a change of this file is a
// change of what users see, so it belongs into the changelog.
`;

type Named = ts.DeclarationStatement | ts.VariableStatement;

/** One declaration file: what it declares, and what it takes from others. */
interface Declarations {
  readonly own: ReadonlyMap<string, readonly Named[]>;
  /** By local name. An undefined `name` means the whole module. */
  readonly from: ReadonlyMap<string, { readonly file: string; readonly name: string | undefined }>;
  readonly exported: ReadonlyMap<string, { readonly file: string; readonly name: string | undefined }>;
}

export const API_REPORT = 'docs/internals/api.txt';

/** Everything that a user can name, and the types that it consists of. */
export function apiReport(program: ts.Program): string {
  return new Report(declarationFiles(program)).text();
}

class Report {
  readonly #files: (name: string) => Declarations | undefined;
  readonly #printer = ts.createPrinter({ removeComments: true });
  /** By `file name`, in the order of discovery. */
  readonly #inner = new Map<string, readonly Named[]>();
  readonly #shown = new Set<string>();
  readonly #bare: string[] = [];

  constructor(files: (name: string) => Declarations | undefined) {
    this.#files = files;
  }

  text(): string {
    const sections = Object.entries(DOORS).map(([door, file]) =>
      [`// ──── ${door}`, ...this.#exportsOf(key(file))].join('\n\n'),
    );
    const inner: string[] = [];
    // The map grows during the loop.
    for (const [id, declarations] of this.#inner) {
      if (!this.#shown.has(id)) inner.push(...this.#print(id, declarations, undefined));
    }
    if (inner.length > 0)
      sections.push(['// ──── not exported, but named above', ...inner.sort()].join('\n\n'));
    const bare = this.#bare.map((name) => `// without a comment: ${name}`).join('\n');
    return [HEADER, ...sections, bare].join('\n\n');
  }

  #exportsOf(file: string, prefix = ''): string[] {
    const { exported } = this.#file(file);
    return [...exported]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, target]) => {
        if (target.name === undefined) return this.#exportsOf(target.file, `${prefix}${name}.`);
        const found = this.#find(target.file, target.name);
        if (!found) throw new Error(`${file}: nothing says what ${name} is`);
        this.#shown.add(found.id);
        return this.#print(found.id, found.declarations, `${prefix}${name}`);
      });
  }

  /** Follows a name through re-exports and imports to its declaration. */
  #find(
    file: string,
    name: string,
  ): { readonly id: string; readonly declarations: readonly Named[] } | undefined {
    const { own, from, exported } = this.#file(file);
    const declarations = own.get(name);
    if (declarations) return { id: `${file} ${name}`, declarations };
    const target = from.get(name) ?? exported.get(name);
    // Declared in a package.
    if (target?.name === undefined || !this.#files(target.file)) return undefined;
    return this.#find(target.file, target.name);
  }

  /** @param path the name for users; undefined when users cannot name it. */
  #print(id: string, declarations: readonly Named[], path: string | undefined): string[] {
    const [file = ''] = id.split(' ');
    return declarations.map((declaration) => {
      this.#collect(file, declaration);
      if (path !== undefined) this.#bare.push(...bareNames(declaration, path));
      const text = this.#printer.printNode(
        ts.EmitHint.Unspecified,
        withoutPrivate(declaration),
        declaration.getSourceFile(),
      );
      const plain = text.replace(/^export (declare )?|^declare /, '');
      return path?.includes('.') ? `// ${path}\n${plain}` : plain;
    });
  }

  #collect(file: string, root: ts.Node): void {
    const visit = (node: ts.Node): void => {
      if (isPrivate(node)) return;
      if (ts.isIdentifier(node)) {
        const found = this.#find(file, node.text);
        if (found) this.#inner.set(found.id, found.declarations);
      }
      ts.forEachChild(node, visit);
    };
    visit(root);
  }

  #file(name: string): Declarations {
    const found = this.#files(name);
    if (!found) throw new Error(`no declarations of ${name}`);
    return found;
  }
}

/** The declarations of the build, in memory. Each is made on request: the API needs a tenth of them. */
function declarationFiles(program: ts.Program): (name: string) => Declarations | undefined {
  const files = new Map<string, Declarations>();
  return (name) => {
    const source = program.getSourceFile(join(ROOT, `${name}.ts`));
    if (!source) return undefined;
    const take = (path: string, text: string): void => {
      files.set(name, readDeclarations(path, text));
    };
    if (!files.has(name)) program.emit(source, take, undefined, true);
    return files.get(name);
  };
}

function key(path: string): string {
  return relative(ROOT, resolve(ROOT, path)).replace(/(\.d)?\.ts$/, '');
}

function readDeclarations(path: string, text: string): Declarations {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const own = new Map<string, Named[]>();
  const from = new Map<string, { file: string; name: string | undefined }>();
  const exported = new Map<string, { file: string; name: string | undefined }>();
  const here = key(path);
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const file = fileOf(path, statement.moduleSpecifier);
      const bindings = statement.importClause?.namedBindings;
      if (bindings && ts.isNamedImports(bindings))
        for (const { name, propertyName } of bindings.elements)
          from.set(name.text, { file, name: (propertyName ?? name).text });
    } else if (ts.isExportDeclaration(statement)) {
      const file = statement.moduleSpecifier ? fileOf(path, statement.moduleSpecifier) : here;
      const clause = statement.exportClause;
      if (clause && ts.isNamespaceExport(clause)) exported.set(clause.name.text, { file, name: undefined });
      if (clause && ts.isNamedExports(clause))
        for (const { name, propertyName } of clause.elements)
          exported.set(name.text, { file, name: (propertyName ?? name).text });
    } else {
      for (const name of namesOf(statement)) {
        own.set(name, [...(own.get(name) ?? []), statement as Named]);
        if (isExported(statement)) exported.set(name, { file: here, name });
      }
    }
  }
  return { own, from, exported };
}

function fileOf(path: string, specifier: ts.Expression): string {
  const { text } = specifier as ts.StringLiteral;
  return text.startsWith('.') ? key(join(dirname(path), text)) : text;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.DeclarationStatement;
  return name ? [name.getText()] : [];
}

function isExported(statement: ts.Statement): boolean {
  return (
    (ts.getCombinedModifierFlags(statement as unknown as ts.Declaration) & ts.ModifierFlags.Export) !== 0
  );
}

/** Users cannot name it: a private member, or the declaration that stands for all #members. */
function isPrivate(node: ts.Node): boolean {
  if (ts.isPropertyDeclaration(node) && ts.isPrivateIdentifier(node.name)) return true;
  return ts.isClassElement(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
}

function withoutPrivate(node: Named): Named {
  if (!ts.isClassDeclaration(node)) return node;
  const { modifiers, name, typeParameters, heritageClauses, members } = node;
  const kept = members.filter((member) => !isPrivate(member));
  return ts.factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, kept);
}

/** Names without a comment: the declaration itself, or a member of it. */
function bareNames(declaration: Named, path: string): string[] {
  const members: readonly ts.Node[] =
    ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration) ? declaration.members : [];
  const bare = members
    .filter((member) => !isPrivate(member) && !ts.isConstructorDeclaration(member) && !hasComment(member))
    .map((member) => `${path}.${(member as ts.ClassElement).name?.getText() ?? '…'}`);
  return hasComment(declaration) ? bare : [path, ...bare];
}

function hasComment(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0;
}
