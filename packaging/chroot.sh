# Fresh Debian roots for packaging/build and packaging/test-install, which source this. Root only.
#   Sets $root (where the opened one is) and removes it at the end.
[ "$(id -u)" = 0 ] || { echo "$0: run as root: only root can make a chroot" >&2; exit 1; }
command -v mmdebstrap > /dev/null || { echo "$0: install mmdebstrap" >&2; exit 1; }
mirror=${MIRROR:-http://deb.debian.org/debian}
root=""
cache=""  # a directory that is /cache in the chroot
network=yes

suite_of() {  # RELEASE
  case $1 in
    12) echo bookworm ;;
    13) echo trixie ;;
    *) echo "$0: unknown release $1; there are 12 and 13" >&2; return 1 ;;
  esac
}

# Makes the tarball of a root once; it is made anew when the packages in it are others.
#   make_root RELEASE NAME VARIANT PACKAGE...     prints its path
make_root() {
  local release=$1 name=$2 variant=$3 suite sum tarball; shift 3
  suite=$(suite_of "$release")
  sum=$(printf '%s\n' "$variant" "$mirror" "$@" | sha256sum | cut -c 1-12)
  tarball=$PWD/build/chroots/$name-$release-$sum.tar
  if [ ! -e "$tarball" ]; then
    mkdir -p build/chroots
    rm -f "build/chroots/$name-$release-"*.tar
    mmdebstrap --quiet --format=tar --variant="$variant" --include="$(IFS=,; echo "$*")" --customize-hook='chroot "$1" useradd -m builder' \
      "$suite" "$tarball.new" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >&2
    mv "$tarball.new" "$tarball"
  fi
  echo "$tarball"
}

open_root() {  # TARBALL
  root=$(mktemp -d /var/tmp/pack-XXXXXX)
  tar -C "$root" -xf "$1"
  chmod 755 "$root"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2> /dev/null || true
}

# What is mounted is mounted for one command only, so that nothing of the host can be removed with the root.
# Who needs more than one command to see the same mounts, such as those of a daemon, runs in a namespace of its own
# and mounts "$root/proc" there.
in_root() {  # COMMAND...
  local isolation=(--mount --propagation private)
  if mountpoint -q "$root/proc"; then in_shared_root "$@"; return; fi
  [ "$network" = yes ] || isolation+=(--net)
  unshare "${isolation[@]}" sh -ec 'root=$1 cache=$2; shift 2
    mount -t proc proc "$root/proc"
    [ -z "$cache" ] || { mkdir -p "$root/cache"; mount --bind "$cache" "$root/cache"; }
    exec chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$root" "$cache" "$@"
}

in_shared_root() {  # COMMAND...
  chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

close_root() {
  [ -z "$root" ] || ! mountpoint -q "$root/proc" || umount "$root/proc"
  [ -z "$root" ] || rm -rf "$root"
  root=""
}
