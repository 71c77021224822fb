import postgres from 'postgres';

export interface Note {
  readonly id: number;
  readonly text: string;
}

/** What the API needs of a database. Its tests bring another one. */
export interface Notes {
  all(): Promise<readonly Note[]>;
  add(text: string): Promise<Note>;
  /** Rejects if the database does not answer. */
  ping(): Promise<void>;
}

/** Notes in PostgreSQL. Connections are opened when they are needed, up to `connections` of them. */
export class PostgresNotes implements Notes {
  readonly #sql: postgres.Sql;

  constructor(url: string, connections: number) {
    this.#sql = postgres(url, { max: connections, connect_timeout: 5, onnotice: () => {} });
  }

  async createTable(): Promise<void> {
    await this.#sql`create table if not exists notes (id serial primary key, text text not null)`;
  }

  async all(): Promise<readonly Note[]> {
    return this.#sql<Note[]>`select id, text from notes order by id`;
  }

  async add(text: string): Promise<Note> {
    const [note] = await this.#sql<Note[]>`insert into notes (text) values (${text}) returning id, text`;
    if (!note) throw new Error('the database has not returned the new note');
    return note;
  }

  async ping(): Promise<void> {
    await this.#sql`select 1`;
  }

  /** Waits for the queries that run, then closes every connection. */
  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }
}
