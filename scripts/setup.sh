# Sourced by the scripts: finds or installs what they need, or says what is missing and stops.
# shellcheck shell=bash

usher_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What building needs, as Debian calls it, and whom the program trusts.
usher_packages=(libpq-dev librdkafka-dev libssl-dev libyaml-dev ca-certificates)

# What `usher dev`, tests and measurements need besides: the programs of a Postgres server.
usher_server_packages=(postgresql)

# What linking the release build needs besides, and how it is built: with Swift's runtime inside, which is faster to call
# than a library and need not be installed where Usher runs.
usher_release_packages=(g++)
usher_release_flags=(-c release --static-swift-stdlib)

say() { printf '%s\n' "$*" >&2; }

is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# Runs a command as root, where we are or may become it without being asked for a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || printf '%s ' "$name"
  done
}

# How many seconds another program's installing is waited for: a fresh machine brings itself up to date.
usher_apt_patience=600

# run_apt ARGUMENT...: apt-get as root, quiet unless it fails. Waits while another program has a lock that it needs: its
# own DPkg::Lock::Timeout is for dpkg's alone. Files that an administrator changed stay as they are.
run_apt() {
  local output told="" began=$SECONDS options=(-q -o Dpkg::Options::=--force-confold)
  until output=$(as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get "${options[@]}" "$@" 2>&1 </dev/null); do
    if [[ $output != *"E: Could not get lock"* ]] || [ $((SECONDS - began)) -ge "$usher_apt_patience" ]; then
      say "apt-get $* failed. What it printed ends with:"
      tail -n 20 <<<"$output" >&2
      return 69
    fi
    [ -n "$told" ] || say "another program is installing packages: waiting for it, at most $usher_apt_patience s"
    told=yes
    sleep 3
  done
}

# no_main_cluster FOLDER: says in FOLDER, where postgresql-common has its settings, that a new server gets no cluster.
# Debian makes one when postgresql is installed, and keeps it running; Usher starts servers of its own. What an
# administrator has said about it there holds.
no_main_cluster() {
  grep -Eqrs '^[[:space:]]*create_main_cluster' "$1/createcluster.conf" "$1/createcluster.d" && return 0
  as_root install -D -m 644 /dev/stdin "$1/createcluster.d/usher.conf" <<'EOF'
# Usher's scripts installed PostgreSQL for its programs; no cluster was wanted. Delete this file to get one with the
# next version that is installed. `pg_createcluster` makes one at any time.
create_main_cluster = false
EOF
}

# need_packages NAME...: installs those that are missing.
need_packages() {
  if ! is_debian; then
    say "This is not a Debian system. Usher needs these packages, or your system's equivalents: $*"
    exit 69
  fi
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return 0
  if ! may_install; then
    say "These packages are missing and may not be installed from here: $missing"
    say "Ask an administrator for:  apt-get install -y --no-install-recommends $missing"
    exit 69
  fi
  say "installing: $missing"
  if [[ " $missing" == *" postgresql "* ]]; then no_main_cluster /etc/postgresql-common; fi
  run_apt update || exit 69
  # shellcheck disable=SC2086
  run_apt install -y --no-install-recommends $missing || exit 69
}

# need_swift ARGUMENTS...: a Swift 6 toolchain, or the script again inside a Debian 13 root, which has one.
need_swift() {
  if command -v swift >/dev/null; then
    local told version
    if ! told=$(swift --version 2>&1); then
      say "swift is here and does not run; Usher needs Swift 6.0 or newer. It says:"
      say "$told"
      exit 69
    fi
    version=$(sed -n 's/.*Swift version \([0-9]*\)\..*/\1/p' <<<"$told" | head -n 1)
    if [ "${version:-0}" -ge 6 ]; then return 0; fi
    say "Swift $(head -n 1 <<<"$told") is too old: Usher needs Swift 6.0 or newer."
    exit 69
  fi
  if is_debian && may_install; then
    run_apt update || true
    if apt-cache policy swiftlang 2>/dev/null | grep -q 'Candidate: [6-9]'; then
      need_packages swiftlang
      return 0
    fi
    if [ "$(id -u)" = 0 ]; then
      say "No Swift here, and this Debian has none to install: using a Debian 13 root for it."
      exec "$usher_root/scripts/in-debian13" "$@"
    fi
  fi
  say "No Swift toolchain found. Install Swift 6.0 or newer (Debian 13: apt-get install swiftlang) and run this again."
  exit 69
}
