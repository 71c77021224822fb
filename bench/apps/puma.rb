# Puma's configuration, with the app in it.
workers Integer(ENV.fetch('BENCH_WORKERS'))
threads 1, 1
bind "tcp://127.0.0.1:#{ENV.fetch('BENCH_PORT')}"

# A thread waits 0.2 s for the next request of a kept connection before it serves another: with pauses between
# requests, the benchmark would measure that wait.
headers = ENV.key?('BENCH_CLOSE') ? { 'Connection' => 'close' } : {}
app { |_env| [200, headers.merge('Content-Type' => 'text/plain'), ["#{Process.pid} 0"]] }
