# Whole Debian machines with systemd, without a hypervisor; for packaging/test-machine and bench/memory-run, which source this after
# packaging/chroot.sh. A machine is a root that packaging/machine/boot runs.
machine_pid="" machine_waiter=""
volume_file="" volume_device=""

# The root that a cloud's image would have, as far as it matters here.
machine_root() {  # RELEASE
  make_root "$1" machine apt systemd systemd-sysv dbus ca-certificates iproute2 procps udev e2fsprogs cloud-init python3-yaml curl
}

# An empty volume of a size, as the provider would attach it.
make_volume() {  # SIZE
  volume_file=$(mktemp /var/tmp/volume-XXXXXX)
  truncate -s "$1" "$volume_file"
  volume_device=$(losetup --show -f "$volume_file")
}

drop_volume() {
  [ -z "$volume_device" ] || losetup -d "$volume_device"
  [ -z "$volume_file" ] || rm -f "$volume_file"
  volume_file="" volume_device=""
}

# Fetches into the root what will be installed there, since the machine has no network to fetch it.
#   fetch_packages RELEASE PACKAGE-OR-FILE...
fetch_packages() {
  local release=$1; shift
  cache=$PWD/build/apt-$release
  mkdir -p "$cache/partial"
  in_root apt-get -qq update
  (
    flock 8  # one at a time: the cache is that of all machines
    in_root apt-get -qq -y --no-install-recommends -o Dir::Cache::archives=/cache -o Dpkg::Use-Pty=0 --download-only install "$@"
  ) 8> "$cache.lock"
  cp "$cache"/*.deb "$root/var/cache/apt/archives/"
  cache=""
  rm -rf "$root/cache"
}

# What the world answers: the only names there are. Unbound of the machine reads it.
write_zone() {
  mkdir -p "$root/etc/unbound/unbound.conf.d"
  cat > "$root/etc/unbound/unbound.conf.d/zone-of-the-test.conf" <<'ZONE'
server:
  local-zone: "." static
  local-data: ". SOA a. b. 1 3600 3600 3600 60"
  local-data: "deb.debian.org. A 127.0.0.1"
  local-data: "mail.example.org. A 203.0.113.25"
  local-data: "example.org. MX 10 mail.example.org."
  local-data-ptr: "203.0.113.25 mail.example.org"
  local-data: 'good.net. TXT "v=spf1 ip4:203.0.113.25 -all"'
  local-data: '_dmarc.good.net. TXT "v=DMARC1; p=reject"'
ZONE
}

# Gives the root its user-data as a provider does: cloud-init runs it at the first boot.
#   write_user_data PROFILE VOLUME
write_user_data() {
  local seed=$root/var/lib/cloud/seed/nocloud
  mkdir -p "$seed"
  echo 'instance-id: machine' > "$seed/meta-data"
  sed -E "s|^( *VOLUME=).*|\1$2|; s|^( *PROFILE=).*|\1$1|; s|^( *PACKAGES=).*|\1/root/packages|; /^swap:/d" \
    examples/cloud-init/user-data.yaml > "$seed/user-data"
}

# What apt would fetch is there already; what Let's Encrypt would sign, this certbot signs itself.
#   prepare_machine RELEASE PROFILE
prepare_machine() {
  local release=$1 profile=$2 debian=(postfix dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-sieve unbound dns-root-data certbot
    unattended-upgrades ca-certificates openssl curl nftables)
  mkdir -p "$root/root/packages"
  cp "${PACKAGES:-build/packages}/$release"/*_"$(dpkg --print-architecture)".deb "$root/root/packages/"
  rm -f "$root"/root/packages/*-dbgsym_*
  [ "$profile" = full ] && debian+=(clamav-freshclam) || rm -f "$root"/root/packages/postern-avscan_*
  fetch_packages "$release" "${debian[@]}" $(cd "$root" && printf '/%s ' root/packages/*.deb)
  write_zone
  write_user_data "$profile" "$volume_device"
  cp packaging/machine/try-mail "$root/root/"
  cat > "$root/usr/local/bin/certbot" <<'CERTBOT'
#!/bin/sh
set -e
[ ! -e /root/unreachable ] || { echo "the test's certbot: not yet" >&2; exit 1; }
live=/etc/letsencrypt/live/mail.example.org
mkdir -p $live
openssl req -quiet -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=mail.example.org -keyout $live/privkey.pem -out $live/fullchain.pem 2>&1 ||
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=mail.example.org -keyout $live/privkey.pem -out $live/fullchain.pem
for hook in /etc/letsencrypt/renewal-hooks/deploy/*; do $hook || true; done
CERTBOT
  chmod 755 "$root/usr/local/bin/certbot"
}

start_machine() {
  local pidfile=$root.pid
  rm -f "$pidfile"
  unshare --mount bash -c 'groups=$(mktemp -d); mount -t cgroup2 none "$groups"; mkdir -p "$groups/machine-$$"; echo $$ > "$groups/machine-$$/cgroup.procs"
    umount "$groups"; rmdir "$groups"
    exec unshare --mount --pid --fork --net --ipc --uts --cgroup packaging/machine/boot "$@"' sh "$root" "$pidfile" $volume_device &
  machine_waiter=$!
  for _ in $(seq 100); do [ ! -s "$pidfile" ] || break; sleep 0.1; done
  machine_pid=$(cat "$pidfile")
  rm -f "$pidfile"
  for _ in $(seq 300); do
    case $(in_machine systemctl is-system-running 2> /dev/null || true) in running|degraded|starting) return 0 ;; esac
    sleep 0.1
  done
  echo "the machine does not start" >&2
  return 1
}

in_machine() {  # COMMAND...
  nsenter --target "$machine_pid" --all --root /usr/bin/env -C / -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# As the power button; after a minute, as the power cord.
stop_machine() {
  [ -n "$machine_pid" ] || return 0
  in_machine systemctl poweroff > /dev/null 2>&1 || true
  for _ in $(seq 600); do kill -0 "$machine_waiter" 2> /dev/null || break; sleep 0.1; done
  kill -KILL "$machine_pid" 2> /dev/null || true
  wait "$machine_waiter" 2> /dev/null || true
  machine_pid=""
}
