# SPDX-License-Identifier: Apache-2.0
"""The packages: installed, upgraded under load with files of the configuration that both sides have changed, removed,
purged. Steps as in steps.py."""

from load import Load
from machine import PACKAGES
from secure import USERS
from service import CONF_D, Service
from steps import MODES, broken, same, true, under_load

UNITS = ("concurd.service", "concurd.socket", "concurd-tls.socket", "concurd-admin.socket", "concurd-activated.service",
         "concurd@pool.service")


def install(machine):
    machine.shell(f"dpkg -i {PACKAGES}/concur_*.deb {PACKAGES}/concurd_*.deb")
    same(machine.run("systemctl", "is-enabled", "concurd.service"), "enabled", "concurd.service")
    same(machine.run("systemctl", "is-active", "concurd.service"), "active", "concurd.service")
    same(machine.ask("systemctl", "is-enabled", "concurd.socket")[1], "disabled", "concurd.socket")
    same(machine.run("concur", "call", "PING"), "PONG", "PING")
    same(machine.run("dpkg", "--verify", "concurd", "concur"), "", "dpkg --verify")
    machine.run("man", "--where", "concurd", "concur", "concurd.conf")
    machine.run("bash", "-c", ". /usr/share/bash-completion/completions/concur.bash && complete -p concur")


def verify_units(machine):
    """systemd-analyze has nothing to say on any unit as installed."""
    same(machine.run("systemd-analyze", "verify", *UNITS), "", "systemd-analyze verify")


def side_by_side(machine):
    """Four instances with the files as packaged, each under load; the death of one is nobody else's."""
    services = {mode: Service(machine, f"concurd@{mode}.service", port) for mode, port in
                zip(MODES, (7072, 7074, 7076, 7078))}
    for service in services.values():
        service.start()
    for mode, service in services.items():
        same(service.whoami("mode"), mode, service.unit)
    loads = {mode: Load(service, 2.0).wait_running() for mode, service in services.items()}
    first = services[MODES[0]]
    pid = first.pid()
    first.systemctl("kill", "--signal=KILL", "--kill-whom=main", first.unit)
    first.wait_restarted(pid)
    results = {mode: load.finish() for mode, load in loads.items()}
    broken(first, results.pop(MODES[0]))
    for mode, result in results.items():
        same((result.refused, result.failed, result.wrong), (0, 0, 0), f"refused, failed and wrong in {mode}")
    for service in services.values():
        service.stop()
    return max(results.values(), key=lambda result: result.longest)


def upgrade(service):
    """To a package with another version and other files: a changed file of the configuration stays, the package's
    lies beside it; one that was not changed is the new one. All that runs is restarted; what has a wrong file is named."""
    machine = service.machine
    machine.shell(f"""cd {PACKAGES} && rm -rf new && dpkg-deb -R concurd_*.deb new
        sed -i 's/^Version: .*/&+1/' new/DEBIAN/control
        echo '# of the next version' | tee -a new/etc/concurd/thread.conf >>new/etc/concurd/pool.conf
        dpkg-deb --root-owner-group -b new next.deb
        echo '# of an administrator' >>/etc/concurd/thread.conf""")
    service.configure("10-log", None)  # that file is not an instance's
    service.restart()
    service.call("PING")
    instance = Service(machine, "concurd@prefork.service", 7078)
    instance.start()
    wrong = Service(machine, "concurd@event.service", 7076)
    wrong.start()
    machine.shell("echo 'mod = pool' >>/etc/concurd/event.conf")
    pids = service.pid(), instance.pid()

    def action():
        said = machine.run("dpkg", "-i", "--force-confdef", "--force-confold", f"{PACKAGES}/next.deb")
        true(f"concurd: {wrong.unit} did not start" in said, f"the upgrade names the instance with a wrong file: {said}")
        service.wait_restarted(pids[0])
        instance.wait_restarted(pids[1])

    result = under_load(service, action, 6)
    same(machine.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "concurd"), "ii", "the package's state")
    machine.run("systemctl", "reset-failed", wrong.unit)
    true(machine.run("tail", "-n1", "/etc/concurd/thread.conf") == "# of an administrator", "what was changed stays")
    same(machine.run("tail", "-n1", "/etc/concurd/thread.conf.dpkg-dist"), "# of the next version", "the package's beside it")
    same(machine.run("tail", "-n1", "/etc/concurd/pool.conf"), "# of the next version", "what was not changed")
    return broken(service, result)


def remove(machine):
    machine.run("rm", "-rf", CONF_D, USERS)
    machine.run("systemctl", "enable", "--now", "concurd@pool.service")
    machine.run("systemctl", "enable", "concurd-tls.socket")
    machine.run("dpkg", "--remove", "concurd")
    same(machine.ask("pgrep", "-x", "concurd")[1], "", "processes that run on")
    same(machine.run("systemctl", "list-units", "--plain", "--no-legend", "concurd*"), "", "units that are left")
    machine.run("test", "-e", "/etc/concurd/thread.conf", "-a", "-d", "/var/log/concurd/")


def purge(machine):
    """All of it, and nothing of a package whose name begins in the same way."""
    others = ["/var/log/concurd-exporter", "/var/log/concurd-exporter/concurd-exporter.log", "/var/log/private/concurd-other"]
    machine.run("mkdir", "-p", others[0], others[2])
    machine.write(others[1], "theirs\n")
    machine.run("dpkg", "--purge", "concurd", "concur")
    left = machine.run("find", "/etc", "/var/log", "/var/lib/systemd", "/usr/sbin", "/usr/bin", "/lib/systemd/system/",
                       "-name", "concur*", "-not", "-name", "concurrent*")
    same(sorted(left.split()), others, "what is left")
