import postgres from 'postgres';
import { Program } from '../samples/program';
import { askLoop } from '../support/clients';
import { eventually } from '../support/eventually';
import { keepAliveAgent, request } from '../support/http-clients';
import { reapAfterEach } from '../support/reaping';
import { hasPostgres, startPostgres } from './postgres';

if (!hasPostgres) {
  console.warn('postgres and initdb are not in PATH: samples/09-http-api is not run');
}

(hasPostgres ? describe : describe.skip)('samples/09-http-api', () => {
  afterEach(() => Program.reapAll());

  it('samples/09-http-api serves from a pool, and closes each pool after the last answer of its worker', async () => {
    const database = await startPostgres();
    const sql = postgres(database, { max: 1 });
    reapAfterEach(() => sql.end({ timeout: 0 }));
    /** The number of connections of the workers. */
    const connections = async (): Promise<number> => {
      const [row] = await sql<{ count: number }[]>`select count(*)::int as count from pg_stat_activity
        where datname = 'postgres' and pid <> pg_backend_pid()`;
      return row?.count ?? NaN;
    };
    const program = new Program('samples/09-http-api/server.ts', {
      SERVERENGINE_PORT: '0',
      SERVERENGINE_DATABASE: database,
      SERVERENGINE_STATUS_LISTEN: '127.0.0.1:0',
    });
    const [listening] = await program.waitFor(/listening address=http:\/\/127\.0\.0\.1:(\d+)/);
    const port = Number(listening?.[1]);
    await program.waitFor(/worker \d is running/, 2);
    const [status] = await program.waitFor(/status server listening address=(\S+)/);

    const agent = keepAliveAgent({ sockets: 4 });
    const loop = askLoop(async () => (await request(port, '/notes', { agent })).body, 4);
    await eventually(async () => (await connections()) > 0, 'the pools have connections');
    program.signal('SIGUSR1');
    await program.waitFor(/rolling restart finished .*replaced=2/);
    await program.waitFor(/the connections to the database are closed/, 2);
    const { answered, failures } = await loop.finish();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(0);

    const added = await fetch(`http://127.0.0.1:${String(port)}/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'milk' }),
    });
    expect(await added.json()).toEqual({ id: 1, text: 'milk' });
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/health`)).json()).toEqual({ database: 'up' });
    expect(await (await fetch(`http://${status?.[1] ?? ''}/metrics`)).text()).toMatch(
      /^api_requests_total\{route="\/notes",status="201"\} 1$/m,
    );

    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await eventually(async () => (await connections()) === 0, 'no connection is left');
    expect(program.output.match(/the connections to the database are closed/g)).toHaveLength(4);
    expect(program.output).not.toMatch(/unexpectedly|\[(warn|error)\]/);
    expect(await program.isAllGone()).toBe(true);
  });
});
