"""A SLURM cluster of one node on this machine, with GPUs that do not exist, gone when it is stopped.

Everything it writes lies in one folder: keys, configuration, state, logs, the devices' stand-ins. Its ports are free
ones, its munge has a socket of its own; a SLURM that runs here already is neither read nor touched. By hand:

    python tests/support/slurm_cluster.py sinfo        runs one command on a cluster that lives as long as the command
"""

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")  # of Debian's packages munge and slurm-wlm
CPUS, GPUS, MEMORY = 4, 4, 256_000  # what the node says it has, whatever this machine has; MB
START = 60  # seconds that the node may take to be idle, and jobs to be gone
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill,UsePss
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait=5
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=ALL MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Programs that this machine lacks; daemons are often outside an ordinary user's PATH."""
    return [name for name in PROGRAMS if not program(name)]


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


class Cluster:
    """`with Cluster() as cluster`: daemons up, `cluster.environment` for the commands, everything gone at the end."""

    def __enter__(self) -> "Cluster":
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.environment = {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }
        self.daemons = []
        try:
            self._configure()
            self._daemon("munged", "--foreground", "--socket", "munge.socket", "--key-file", "munge.key", "--pid-file",
                         "munged.pid", "--seed-file", "munged.seed", "--log-file", "munged.log")  # fmt: skip
            self._wait("munged", lambda: (self.folder / "munge.socket").exists())
            self._daemon("slurmctld", "-D")
            self._daemon("slurmd", "-D", "-N", socket.gethostname())
            self._wait("the node", lambda: self.run("sinfo", "--noheader", "--format=%T").split()[:1] == ["idle"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self.run("squeue", "--noheader"):
            self.run("scancel", "--signal=KILL", "--full", "--user", getpass.getuser())
            self.run("scancel", "--user", getpass.getuser())
            self._wait("the queue to be empty", lambda: not self.run("squeue", "--noheader"))
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            daemon.wait(START)
        self._end_strays()
        shutil.rmtree(self.folder)

    def _end_strays(self) -> None:
        """Without cgroups SLURM loses sight of a job's process whose parent was killed first."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("SLURM_CONF") == self.environment["SLURM_CONF"]:
                    process.kill()

    def run(self, *command: str) -> str:
        """What a command of SLURM's prints; nothing while the controller does not answer."""
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    def jobs(self) -> list[dict[str, str]]:
        """Every job since the start, queued or ended, one entry for each task of an array."""
        lines = self.run("scontrol", "--oneliner", "--all", "show", "job").splitlines()
        pairs = [[field.partition("=") for field in line.split(" ") if "=" in field] for line in lines]
        return [{name: value for name, _, value in job} for job in pairs if job]  # SLURM prints a sentence for none

    def _configure(self) -> None:
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "munge.key").chmod(0o600)
        self.folder.chmod(0o755)  # munged refuses a socket that others cannot reach
        for name in ("state", "spool", "dev", "bin"):
            (self.folder / name).mkdir()
        for index in range(GPUS):
            (self.folder / f"dev/gpu{index}").touch()
        # Snakemake's jobs clear SLURM_CONF, since on other clusters that stands in /etc.
        for name in ("srun", "squeue", "scontrol"):
            self._program(name, f'SLURM_CONF="{self.folder}/slurm.conf" exec {program(name)} "$@"')
        self._program("nvidia-smi", f"for i in $(seq {GPUS}); do echo GPU-{self.folder.name}-$i; done")
        host = socket.gethostname()
        controller_port, node_port = free_ports(2)
        text = CONFIGURATION.format(folder=self.folder, host=host, user=getpass.getuser(), cpus=CPUS, gpus=GPUS,
                                    memory=MEMORY, controller_port=controller_port, node_port=node_port)  # fmt: skip
        (self.folder / "slurm.conf").write_text(text)
        devices = f"{self.folder}/dev/gpu[0-{GPUS - 1}]"
        (self.folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File={devices}\n")

    def _program(self, name: str, text: str) -> None:
        (self.folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def _daemon(self, name: str, *arguments: str) -> None:
        files = [str(self.folder / item) if item.startswith("munge") else item for item in arguments]
        with open(self.folder / f"{name}.out", "w") as output:
            environment = os.environ | self.environment
            self.daemons.append(
                subprocess.Popen([program(name), *files], env=environment, stdout=output, stderr=output)
            )

    def _wait(self, what: str, reached) -> None:
        deadline = time.monotonic() + START
        while not reached():
            if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self.daemons):
                logs = "\n".join(f"{file}:\n{file.read_text()[-2000:]}" for file in self.folder.glob("*d.[lo]*"))
                raise RuntimeError(f"waited in vain for {what}\n{logs}")
            time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


if __name__ == "__main__":
    with Cluster() as cluster:
        sys.exit(subprocess.run(sys.argv[1:], env=os.environ | cluster.environment).returncode)
