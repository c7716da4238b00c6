#!/usr/bin/env bash
# Runs a real MySQL 9 for the tests, from Debian's packages for sid, in a folder of its own: nothing is installed, no
# rights are needed, and the server brings its own C library along. Checked on Debian 12.
#
#   bash test/mysql-9.sh                 fetches it if need be, starts it, prints its URL, and keeps it until Ctrl-C
#   bash test/mysql-9.sh npx vitest run test/instrument/mariadb.test.ts
#                                        runs a command against it, with NONPLUS_TEST_MYSQL_URL set, and stops it
#
# NONPLUS_MYSQL_9=<folder> says where its files are kept; they take about 330 MB.
set -euo pipefail

folder=${NONPLUS_MYSQL_9:-${XDG_CACHE_HOME:-$HOME/.cache}/nonplus/mysql-9}
root=$folder/root
apt=$folder/apt

say() { printf 'mysql-9: %s\n' "$*" >&2; }

# The mirror this machine takes its own packages from has sid too, if it is Debian's.
mirror() {
  local found
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed -n 1p)
  if [ -z "$found" ]; then
    say 'apt knows no Debian mirror: run apt-get update once, or name one in NONPLUS_DEBIAN_MIRROR'
    return 1
  fi
  printf '%s\n' "$found"
}

fetch() {
  local from key
  from=${NONPLUS_DEBIAN_MIRROR:-$(mirror)}
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "$key" ] || { say "$key is missing: install debian-archive-keyring"; return 1; }
  say 'fetching mysql-server-core for sid, with all it depends on'
  rm -rf "$root" "$apt"
  mkdir -p "$root" "$apt"/{lists/partial,cache/archives/partial,state}
  : > "$apt/status"
  printf 'deb [signed-by=%s] %s sid main\n' "$key" "$from" > "$apt/sources.list"
  # an empty list of installed packages, so that every library comes along
  local options=(
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::Etc::PreferencesParts=$apt/state"
    -o "Dir::State=$apt/state" -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Languages=none
    -o APT::Install-Recommends=false
  )
  apt-get "${options[@]}" -qq update
  apt-get "${options[@]}" -qq -y --download-only install mysql-server-core
  local package
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -rf "$apt"
  touch "$root/complete"
}

[ -f "$root/complete" ] || fetch

loader=$(find "$root" -name 'ld-linux*.so.*' -print -quit)
libraries=$(find "$root" -name '*.so*' -path '*/lib*' -printf '%h\n' | sort -u | paste -sd:)
server=$(find "$root/usr/sbin" "$root/usr/libexec" -name mysqld -print -quit)
messages=$(find "$root/usr/share" -type d -name english -path '*mysql*' -print -quit)

data=$(mktemp -d "${TMPDIR:-/tmp}/nonplus-mysql-9-XXXXXX")
pid=
stop() {
  trap - EXIT
  if [ -n "$pid" ]; then
    kill -KILL "$pid" 2> /dev/null || true # nobody needs the data
    wait "$pid" 2> /dev/null || true
  fi
  rm -rf "$data"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mysqld=(
  "$loader" --library-path "$libraries" "$server" --no-defaults --datadir="$data/data" --lc-messages-dir="${messages%/*}"
  --character-sets-dir="${messages%/*}/charsets" --secure-file-priv=NULL --innodb-use-native-aio=0
)
[ "$(id -u)" != 0 ] || mysqld+=(--user=root) # the server refuses root unless it is told so
log=$data/log
"${mysqld[@]}" --initialize-insecure > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
"${mysqld[@]}" --bind-address=127.0.0.1 --port="$port" --socket="$data/socket" --pid-file="$data/pid" --mysqlx=OFF \
  --max-connections=400 --innodb-flush-log-at-trx-commit=0 --tmpdir="$data" > "$log" 2>&1 &
pid=$!
for _ in $(seq 300); do
  grep -q 'ready for connections' "$log" && break
  kill -0 "$pid" 2> /dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done
grep -q 'ready for connections' "$log" || { cat "$log" >&2; exit 1; }
say "$(grep -o 'Version: [^ ]*' "$log" | head -n 1)"

url=mysql://root@127.0.0.1:$port
if [ $# -gt 0 ]; then
  status=0
  NONPLUS_TEST_MYSQL_URL=$url "$@" || status=$?
  exit "$status"
fi
printf '%s\n' "$url"
wait "$pid"
