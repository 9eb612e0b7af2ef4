#!/bin/sh
# Makes what compose.scale.yml reads as secrets, in docker/secrets/ (mode 700, never committed). What is there stays as it is.
set -eu
umask 077
folder="${1:-$(dirname "$0")/secrets}"
mkdir -p "$folder"
cd "$folder"
make() { [ -s "$1" ] || printf %s "$2" > "$1"; }
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
make secret_key "$(random)"
make postgres_password "$(random)"
make redis_password "$(random)"
make database_url "postgres://maru:$(cat postgres_password)@postgres:5432/maru"
make redis_url "redis://:$(cat redis_password)@redis:6379/0"
make redis.conf "requirepass $(cat redis_password)
save \"\"
appendonly no
maxmemory 384mb
maxmemory-policy volatile-lru
client-output-buffer-limit pubsub 64mb 16mb 60
dir /data
"
# Compose mounts files as they are: the processes inside have other users.
chmod 444 secret_key database_url redis_url redis.conf redis_password postgres_password
chmod 711 .
