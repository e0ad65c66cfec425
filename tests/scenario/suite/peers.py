# SPDX-License-Identifier: Apache-2.0
"""Redis's own tools and its Python client, as they come: they must find nothing to complain about."""

import re
import shutil
import subprocess

from harness.errors import same, true
from harness.scenario import scenario


def run(t, program, *arguments, stdin=""):
    """Its output; a failure where it complains."""
    if shutil.which(program) is None:
        t.skip(f"{program} is not installed")
    done = subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True, timeout=t.seconds(50),
                          check=False)
    same((done.returncode, done.stderr), (0, ""), f"{program}'s exit status and complaints")
    return done.stdout


def secure(t):
    """What makes Redis's tools speak this row's TLS."""
    return ["--tls", "--cacert", t.programs.certificates.ca] if t.mode.tls else []


@scenario(tls=True)
def redis_cli(t):
    port = str(t.daemon().port)
    same(run(t, "redis-cli", *secure(t), "-p", port, "PING"), "PONG\n")
    same(run(t, "redis-cli", *secure(t), "-p", port, "ECHO", "a b"), "a b\n")
    same(run(t, "redis-cli", *secure(t), "-3", "-p", port, "NUMBERS", "1", "3"), "1\n2\n3\n")
    true(t.mode.model in run(t, "redis-cli", *secure(t), "-p", port, "WHOAMI"), "WHOAMI tells the mode")
    true("log_attempted:" in run(t, "redis-cli", *secure(t), "-p", port, "INFO"), "INFO")
    same(run(t, "redis-cli", *secure(t), "-p", port, stdin="INCR n\nINCR n\nNOSUCH\nGET n\n").splitlines(),
         ["1", "2", "ERR unknown command 'NOSUCH'", "", "2"])


def benchmark(t, pipeline):
    daemon = t.daemon()
    clients = 20 if t.mode.classic else 50
    out = run(t, "redis-benchmark", *secure(t), "-p", str(daemon.port), "-t", "ping", "-c", str(clients), "-n", "20000", "-P",
              str(pipeline), "-q")
    rates = re.findall(r"(PING_\w+): ([\d.]+) requests per second", out)
    same([name for name, _ in rates], ["PING_INLINE", "PING_MBULK"], out)
    info = daemon.info()
    true(info["total_commands"] >= 40000, f"total_commands {info['total_commands']}")
    t.note(f"{float(rates[1][1]):.0f} PING/s")


@scenario()
def redis_benchmark(t):
    benchmark(t, 1)


@scenario(tls=True)
def redis_benchmark_with_pipelines(t):
    benchmark(t, 16)


@scenario(tls=True)
def python3_redis(t):
    try:
        import redis
    except ImportError:
        t.skip("python3-redis is not installed")
    daemon = t.daemon()
    secure = {"ssl": True, "ssl_ca_certs": t.programs.certificates.ca} if t.mode.tls else {}
    client = redis.Redis(port=daemon.port, client_name="snake", socket_timeout=t.seconds(10), **secure)
    t.closing(client)
    same(client.ping(), True)
    same(client.echo("hello"), b"hello")
    same([client.incr("n"), client.incr("n", 5), client.decr("n"), int(client.get("n"))], [1, 6, 5, 5])
    same(client.set("n", 9), True)
    same((client.delete("n", "m"), client.get("n")), (1, None))
    same(client.client_getname(), "snake")
    true(any(row["name"] == "snake" for row in client.client_list()), "client_list")
    true(client.client_id() > 0 and client.info()["log_dropped"] == 0, "info")
    same(client.config_get("server.mode"), {"server.mode": t.mode.model})
    true(client.time()[0] > 0 and client.command_count() > 20, "time, command count")
    same(client.execute_command("NUMBERS", 1, 3), [1, 2, 3])
    with client.pipeline(transaction=False) as pipeline:
        for i in range(1000):
            pipeline.incr("p")
        same(pipeline.execute(), list(range(1, 1001)))
    try:
        client.execute_command("NOSUCH")
        true(False, "an unknown command must raise")
    except redis.ResponseError as error:
        true("unknown command" in str(error), str(error))
