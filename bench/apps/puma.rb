# Puma's configuration, with the app in it.
workers Integer(ENV.fetch('BENCH_WORKERS'))
threads 1, 1
bind "tcp://127.0.0.1:#{ENV.fetch('BENCH_PORT')}"
app { |_env| [200, { 'Content-Type' => 'text/plain' }, ["#{Process.pid} 0"]] }
