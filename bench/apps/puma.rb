# Puma's configuration, with the app in it.
workers Integer(ENV.fetch('BENCH_WORKERS'))
threads 1, 1
preload_app! if ENV.key?('BENCH_PRELOAD')
bind "tcp://127.0.0.1:#{ENV.fetch('BENCH_PORT')}"

on_worker_boot do
  File.open(ENV.fetch('BENCH_LISTENING'), 'a') { |file| file.write("#{Process.pid} #{(Time.now.to_f * 1000).round}\n") }
end

# A thread waits 0.2 s for the next request of a kept connection before it serves another: with pauses between
# requests, the benchmark would measure that wait.
headers = ENV.key?('BENCH_CLOSE') ? { 'Connection' => 'close' } : {}
app { |_env| [200, headers.merge('Content-Type' => 'text/plain'), ["#{Process.pid} 0"]] }
