# Ruby's ServerEngine: a socket opened by the server, a plain loop in each worker. One request a connection.
require 'serverengine'
require 'socket'

module BenchServer
  attr_reader :socket

  def before_run
    @socket = TCPServer.new('127.0.0.1', Integer(ENV.fetch('BENCH_PORT')))
  end
end

module BenchWorker
  def initialize
    @stop = false
    @awake, @wake = IO.pipe
  end

  def run
    body = "#{Process.pid} 0"
    File.open(ENV.fetch('BENCH_LISTENING'), 'a') { |file| file.write("#{Process.pid} #{(Time.now.to_f * 1000).round}\n") }
    answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}"
    until @stop
      ready, = IO.select([server.socket, @awake])
      serve(answer) if ready.include?(server.socket)
    end
  end

  def stop
    @stop = true
    @wake.write('.')
  end

  def reload
    File.open(ENV.fetch('BENCH_RECORD'), 'a') { |file| file.write("#{Process.pid}\n") }
  end

  private

  def serve(answer)
    # Another worker may have been faster.
    connection = server.socket.accept_nonblock(exception: false)
    return if connection == :wait_readable

    while (line = connection.gets)
      break if line == "\r\n"
    end
    connection.write(answer)
  rescue SystemCallError
    # The client went away.
  ensure
    connection.close if connection.is_a?(IO)
  end
end

ServerEngine.create(BenchServer, BenchWorker) do
  {
    worker_type: 'process',
    workers: Integer(ENV.fetch('BENCH_WORKERS')),
    start_worker_delay: 0,
    restart_worker_interval: 0,
    log: File::NULL
  }
end.run
