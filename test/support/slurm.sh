#!/usr/bin/env bash
# The how-to page on scaling out, run by a real Slurm on one machine: its array job over the shards of attend and verify,
# of which one is killed in the middle and run again alone, and its Kubernetes job's command with the index that an
# indexed job sets. Merged, the parts are what runs in one piece give. Debian's slurm is installed if need be; a container
# is enough, without systemd and cgroups.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null
fi

here=$(mktemp -d)
host=$(hostname -s)
mkdir "$here"/{munge,spool,state,jobs}
mkdir "$here/bin"
printf '#!/bin/sh\nexec node "%s" "$@"\n' "$root/dist/src/cli/main.js" >"$here/bin/seth"
chmod +x "$here/bin/seth"
export PATH=$here/bin:$PATH

# Nothing of the machine's own Slurm or munge is touched: keys, sockets and ports are this script's.
dd if=/dev/urandom of="$here/munge/key" bs=1024 count=1 status=none
chmod 600 "$here/munge/key"
ports=($(node -e '
  const { createServer } = require("node:net");
  for (const _ of [0, 1]) { const server = createServer().listen(0, () => { console.log(server.address().port); server.close(); }); }'))
cat >"$here/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$here/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/slurmctld.pid
SlurmdPidFile=$here/slurmd.pid
SlurmctldLogFile=$here/slurmctld.log
SlurmdLogFile=$here/slurmd.log
SchedulerParameters=sched_interval=1,sched_min_interval=0
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF=$here/slurm.conf

pids=()
finish() {
  code=$?
  if [ "$code" -ne 0 ]; then tail -n 30 "$here"/*.log "$here"/jobs/*.err 2>/dev/null || true; fi
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$here"
  exit "$code"
}
trap finish EXIT

munged --foreground --force --num-threads=2 --key-file="$here/munge/key" --socket="$here/munge/socket" \
  --pid-file="$here/munge/pid" --seed-file="$here/munge/seed" --log-file="$here/munge/log" >"$here/munged.log" 2>&1 &
pids+=($!)
slurmctld -D >"$here/slurmctld.out.log" 2>&1 &
pids+=($!)
slurmd -D -N "$host" >"$here/slurmd.out.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  if sinfo --noheader --format %T 2>/dev/null | grep -q idle; then break; fi
  sleep 0.2
done
sinfo --noheader --format 'one node, %c processors: %T'

# The page's files: a small instance, and the formulas of this repository.
cd "$here/jobs"
page=$root/docs/how-to/scale-out.md
seth generate "$root/instances/random-3sat-16-s4.cnf" -o instance.safetensors 2>/dev/null
cp -r "$root/instances" formulas
rm formulas/index.json
# In the middle of the second shard stands a file that never ends: number 25 of 27, counted from 0, is of shard 1/4.
mkfifo formulas/teaching-51.cnf
awk '/^```bash$/ { inside++; next } /^```$/ && inside == 1 { exit } inside' "$page" >job.sh
awk '/^ +- \|$/ { inside = 1; next } /volumeMounts/ { exit } inside' "$page" >pod.sh
if [ "$(grep -c '^seth' job.sh)" != 2 ] || [ "$(grep -c ' seth' pod.sh)" != 2 ]; then
  echo 'the page has no job any more' >&2
  exit 1
fi

journal=journal/verify-1-of-4.journal
until_true() {
  for _ in $(seq 600); do
    if "$@"; then return; fi
    sleep 0.1
  done
  echo "waited in vain for: $*" >&2
  exit 1
}
nobody_runs() { [ -z "$(squeue --noheader)" ]; }
only_one_runs() { [ "$(squeue --noheader --array | wc -l)" = 1 ]; }
has_six() { [ "$(cat $journal 2>/dev/null | wc -l)" = 7 ]; }

job=$(sbatch --parsable job.sh)
until_true only_one_runs
until_true has_six
scancel --signal=KILL --full "${job}_1"
until_true nobody_runs
if seth merge merged.jsonl part-*.jsonl 2>refusal; then
  echo 'a part of a killed task was merged' >&2
  exit 1
fi
cat refusal
grep -q 'expected file 26 of 27, of shard 1/4, found no part that has it; run that shard again' refusal

# The file is whole now. The shard is run again alone, and what was done is not done again.
rm formulas/teaching-51.cnf
cp formulas/teaching-5.cnf formulas/teaching-51.cnf
cp $journal before
sbatch --quiet --array=1 job.sh
until_true nobody_runs
cmp -n "$(stat -c %s before)" before $journal
seth merge merged.npy part-*.safetensors
seth merge merged.jsonl part-*.jsonl

seth attend instance.safetensors -o whole.npy 2>/dev/null
seth verify formulas --json >whole.jsonl
timeless() {
  node -e '
    const lines = require("node:fs").readFileSync(process.argv[1], "utf8").split("\n").slice(0, -1);
    for (const line of lines) console.log(JSON.stringify({ ...JSON.parse(line), seconds: 0 }));' "$1"
}
same() {
  cmp merged.npy whole.npy
  cmp <(timeless merged.jsonl) <(timeless whole.jsonl)
  echo "$1: $(wc -l <merged.jsonl) formulas and $(stat -c %s merged.npy) bytes of output, as in one piece"
}
same Slurm

rm -r merged.* part-* journal
for i in 3 1 0 2; do JOB_COMPLETION_INDEX=$i sh -ec "$(cat pod.sh)" 2>/dev/null; done
seth merge merged.npy part-*.safetensors
seth merge merged.jsonl part-*.jsonl
same Kubernetes
