import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, type FormatConfig } from 'oxfmt';

const ROOT = join(__dirname, '../..');

/** A generated file, formatted as `npm run format` does. */
export class MadeFile {
  readonly #name: string;
  readonly #path: string;
  readonly #text: string;

  private constructor(name: string, path: string, text: string) {
    this.#name = name;
    this.#path = path;
    this.#text = text;
  }

  static async of(name: string, text: string): Promise<MadeFile> {
    const path = join(ROOT, name);
    return new MadeFile(name, path, await formatted(path, text));
  }

  /** Prints an error and sets the exit status when the file is not up to date. */
  check(): void {
    if (this.#isCurrent()) return;
    console.error(`${this.#name} is not up to date. Run: npm run docs`);
    process.exitCode = 1;
  }

  write(): void {
    if (this.#isCurrent()) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, this.#text);
    console.log(`${this.#name}: written.`);
  }

  #isCurrent(): boolean {
    try {
      return readFileSync(this.#path, 'utf8') === this.#text;
    } catch {
      return false;
    }
  }
}

/** The API report is TypeScript without bodies. */
async function formatted(path: string, text: string): Promise<string> {
  const { ignorePatterns: _, ...options } = JSON.parse(
    readFileSync(join(ROOT, '.oxfmtrc.json'), 'utf8'),
  ) as FormatConfig & { ignorePatterns: string[] };
  return (await format(path.replace(/\.txt$/, '.d.ts'), text, options)).code;
}
