# Runs an unpacked image in namespaces of its own; for packaging/oci/test and bench/memory-run, which source this.
#   $work/rootfs is the image, $work/state its volume, $work/log what it says.
container_pid="" container_waiter=""

start_container() {
  cat > "$work/start" <<'START'
set -e
work=$1 root=$1/rootfs
read -r pid _ < /proc/self/stat  # as the host numbers it
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount --bind "$work/state" srv
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do touch "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr
ip link set lo up
ip addr add 203.0.113.25/24 dev lo
cp "$work/zone" etc/unbound/unbound.conf.d/zone-of-the-test.conf
hostname mail.example.org
echo "$pid" > "$work/pid"
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOST=mail.example.org /usr/sbin/mail-container
START
  cat > "$work/zone" <<'ZONE'
server:
  local-zone: "." static
  local-data: ". SOA a. b. 1 3600 3600 3600 60"
  local-data: "mail.example.org. A 203.0.113.25"
  local-data: "example.org. MX 10 mail.example.org."
  local-data-ptr: "203.0.113.25 mail.example.org"
  local-data: 'good.net. TXT "v=spf1 ip4:203.0.113.25 -all"'
  local-data: '_dmarc.good.net. TXT "v=DMARC1; p=reject"'
ZONE
  rm -f "$work/pid"
  # A pipe, as engines have it.
  (unshare --mount --pid --fork --net --ipc --uts bash "$work/start" "$work" 2>&1 < /dev/null | cat >> "$work/log") &
  container_waiter=$!
  for _ in $(seq 100); do [ ! -s "$work/pid" ] || break; sleep 0.1; done
  container_pid=$(cat "$work/pid")
}

in_container() {  # COMMAND...
  nsenter --target "$container_pid" --all --root /usr/bin/env -C / -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# With the files of the host, which has a Python.
on_its_network() { nsenter --target "$container_pid" --net "$@"; }

healthy() {  # SECONDS
  local end=$((SECONDS + $1))
  until in_container /usr/bin/healthcheck > "$work/health" 2>&1; do
    [ $SECONDS -lt $end ] || { cat "$work/health"; return 1; }
    sleep 0.5
  done
}

wait_for_end() {  # SECONDS
  local end=$((SECONDS + $1))
  while kill -0 "$container_waiter" 2> /dev/null; do
    [ $SECONDS -lt $end ] || { echo "it does not end" >&2; return 1; }
    sleep 0.1
  done
}

stop_container() {
  [ -n "$container_pid" ] || return 0
  kill -TERM "$container_pid" 2> /dev/null || true
  wait_for_end 30 || kill -KILL "$container_pid" || true
  wait "$container_waiter" 2> /dev/null || true
  container_pid=""
}
