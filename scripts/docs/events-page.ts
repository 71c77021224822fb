import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { traitsOf, type EndReason } from '../../src/contract/end-reasons';

const ROOT = join(__dirname, '../..');
const FILES = ['events', 'results', 'status', 'end-reasons'].map((name) => `src/contract/${name}.ts`);

export const EVENTS_PAGE = 'docs/events.md';

const HEAD = `# Events

<!-- Generated from the comments of src/contract by \`npm run docs\`: change it there. -->

\`engine.on(name, listener)\` calls the listener with one object, whose fields are below. [Commands and events](guides/commands-and-events.md#events)
says which process has which event, and what happens when a listener throws. Times are milliseconds; \`at\` and \`startedAt\` count from 1970.
A field that is not known is \`undefined\`.
`;

type Declared = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;
type Field = ts.PropertySignature;

/** Every event of `engine.on()` with its fields, from the declarations and their comments. */
export function eventsPage(): string {
  return new EventsPage().text();
}

class EventsPage {
  readonly #declared = new Map<string, Declared>();
  readonly #reasons: readonly ts.PropertyAssignment[];
  /** The types that a table names, in order. */
  readonly #named = new Set<string>();

  constructor() {
    const statements = FILES.flatMap((name) => [...parse(name).statements]);
    for (const statement of statements)
      if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
        this.#declared.set(statement.name.text, statement);
    this.#reasons = statements.flatMap(reasonsIn);
  }

  text(): string {
    const events = this.#membersOf('EngineEvents').map(
      (event) =>
        `## ${event.name.getText()}\n\n${commentOf(event)}\n\n${this.#table(this.#fieldsOf(event.type))}`,
    );
    const types: string[] = [];
    // The set grows during the loop.
    for (const name of this.#named) types.push(this.#typeSection(name));
    return [HEAD, ...events, '## Types\n', ...types].join('\n');
  }

  #typeSection(name: string): string {
    const declared = this.#find(name);
    const head = `### ${name}\n\n${commentOf(declared)}\n`;
    if (name === 'EndReason') return `${head}\n${this.#reasonTable()}`;
    if (ts.isInterfaceDeclaration(declared)) return `${head}\n${this.#table(this.#membersOf(name))}`;
    const values = declared.type.getText().replace(/^\s*\|\s*/, '');
    return `${head}\n\`\`\`text\n${values.replace(/\s+/g, ' ')}\n\`\`\`\n`;
  }

  #table(fields: readonly Field[]): string {
    const rows = fields.map(
      (field) => `| \`${field.name.getText()}\` | ${this.#shown(field.type)} | ${commentOf(field)} |`,
    );
    return `| field | type | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  }

  #reasonTable(): string {
    const rows = this.#reasons.map((reason) => {
      const name = reason.name.getText();
      const { isIntended, isCrash, level } = traitsOf(name as EndReason);
      const kind = isCrash ? 'a crash' : isIntended ? 'wanted' : 'final';
      return `| \`${name}\` | ${kind} | \`${level}\` | ${commentOf(reason)} |`;
    });
    return `| reason | is | level in the log | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  }

  #fieldsOf(type: ts.TypeNode | undefined): readonly Field[] {
    if (!type) throw new Error('an event has no type');
    if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((part) => this.#fieldsOf(part));
    if (ts.isTypeLiteralNode(type)) return type.members.filter(ts.isPropertySignature);
    return this.#membersOf(type.getText());
  }

  /** Includes the members of the types that it extends. */
  #membersOf(name: string): readonly Field[] {
    const declared = this.#find(name);
    if (!ts.isInterfaceDeclaration(declared)) throw new Error(`${name} has no fields`);
    const parents = (declared.heritageClauses ?? []).flatMap(({ types }) => [...types]);
    return [
      ...parents.flatMap((parent) => this.#membersOf(parent.getText())),
      ...declared.members.filter(ts.isPropertySignature),
    ];
  }

  /** The type as written. A type with a section below becomes a link. */
  #shown(type: ts.TypeNode | undefined): string {
    const parts = type && ts.isUnionTypeNode(type) ? type.types : [type];
    return parts
      .flatMap((part) => (part && ts.isIndexedAccessTypeNode(part) ? this.#valuesOf(part) : [part]))
      .map((part) => {
        const text = part?.getText() ?? 'unknown';
        if (!this.#declared.has(text)) return `\`${text}\``;
        this.#named.add(text);
        return `[\`${text}\`](#${text.toLowerCase()})`;
      })
      .join(' \\| ');
  }

  /** Replaces `HangCause['kind']` by its values. */
  #valuesOf({ objectType, indexType }: ts.IndexedAccessTypeNode): readonly (ts.TypeNode | undefined)[] {
    const name = indexType.getText().slice(1, -1);
    const type = this.#membersOf(objectType.getText()).find((field) => field.name.getText() === name)?.type;
    return type && ts.isUnionTypeNode(type) ? type.types : [type];
  }

  #find(name: string): Declared {
    const found = this.#declared.get(name);
    if (!found) throw new Error(`${name} is not declared in ${FILES.join(', ')}`);
    return found;
  }
}

function parse(name: string): ts.SourceFile {
  return ts.createSourceFile(name, readFileSync(join(ROOT, name), 'utf8'), ts.ScriptTarget.ES2022, true);
}

/** The entries of the table REASONS. */
function reasonsIn(statement: ts.Statement): readonly ts.PropertyAssignment[] {
  if (!ts.isVariableStatement(statement)) return [];
  const table = statement.declarationList.declarations.find(({ name }) => name.getText() === 'REASONS');
  if (!table?.initializer) return [];
  const found: ts.PropertyAssignment[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) found.push(...node.properties.filter(ts.isPropertyAssignment));
    else ts.forEachChild(node, visit);
  };
  visit(table.initializer);
  return found;
}

function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comment?.comment);
  if (text === undefined) throw new Error(`without a comment: ${node.getText()}`);
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
