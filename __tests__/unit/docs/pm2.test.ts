import { KEY_NAMES } from '../../../src/config/keys';
import { codeIn, tableRows } from './markdown';

const DOCUMENT = 'docs/guides/coming-from-pm2.md';

/** The keys of an app in PM2 7.0.4: lib/API/schema.json, without aliases and `env_*`. */
const KEYS_OF_PM2 =
  `script name name_prefix filter_env namespace install_url cwd args exec_interpreter node_args out_file error_file
  log_file disable_logs log_type log_date_format time env max_memory_restart pid_file restart_delay exp_backoff_restart_delay
  source_map_support disable_source_map_support wait_ready instances kill_timeout shutdown_with_message listen_timeout
  cron_restart merge_logs vizion autostart autorestart stop_exit_codes watch_delay watch ignore_watch watch_options min_uptime
  max_restarts execute_command exec_mode force append_env_to_name post_update trace disable_trace v8 event_loop_inspector
  deep_monitoring increment_var instance_var pmx automation treekill port username uid gid windowsHide kill_retry_time
  write io`.split(/\s+/);

/** Others that people have in their files. */
const NO_KEYS = [
  'env_production',
  '--env',
  'NODE_APP_INSTANCE',
  "process.on('SIGINT')",
  "process.send('ready')",
];

const rows = tableRows(DOCUMENT, 'ecosystem.config.js');

describe('docs/guides/coming-from-pm2.md', () => {
  it('has every key of an ecosystem file, and no other', () => {
    const documented = rows.flatMap(([theirs]) => codeIn(theirs)).map((code) => code.split(': ')[0] ?? '');
    expect(documented.filter((name) => !NO_KEYS.includes(name)).sort()).toEqual([...KEYS_OF_PM2].sort());
  });

  it('names keys of ours that exist', () => {
    const named = rows.flatMap(([, ours]) => codeIn(ours)).filter((code) => /^[a-z]+[A-Z]\w*$/.test(code));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !(KEY_NAMES as readonly string[]).includes(name))).toEqual([]);
  });
});
