#!/usr/bin/env bash
# The topology of compose.scale.yml from this machine's own packages (Debian: nginx, redis-server, postgresql), without containers:
# nginx, N web processes, the engine host, Redis, Postgres, Chroma. Everything on loopback, everything written under one folder.
#
#   docker/local-scale.sh up        start all that is not running, wait until it answers, print the address
#   docker/local-scale.sh status    what runs, and whether it answers
#   docker/local-scale.sh down      stop all, in order          docker/local-scale.sh roll       restart the web processes one by one
#   docker/local-scale.sh start|stop|kill NAME                  one of: nginx web1 … webN engine redis postgres chroma
#
# From the environment: SCALE_DIR (default data/scale), SCALE_PORT (8080; the others count up from it), SCALE_WEB (3), SCALE_ENGINES
# (local), SCALE_CHROMA (on|off), PYTHON; and what Maru itself reads, MODEL_PATH or MODELS_DIR say.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
DIR="$(mkdir -p "${SCALE_DIR:-$ROOT/data/scale}" && cd "${SCALE_DIR:-$ROOT/data/scale}" && pwd)"
PORT="${SCALE_PORT:-8080}" N_WEB="${SCALE_WEB:-3}" ENGINES="${SCALE_ENGINES:-local}" CHROMA="${SCALE_CHROMA:-on}"
PYTHON="${PYTHON:-$ROOT/.venv/bin/python}"
PG_PORT=$((PORT + 41)) REDIS_PORT=$((PORT + 42)) CHROMA_PORT=$((PORT + 43))
PG_BIN="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)"
PATH="$PATH:/usr/sbin"
RUN="$DIR/run" LOG="$DIR/log"
mkdir -p "$RUN" "$LOG"
umask 077

die() { echo "local-scale: $*" >&2; exit 1; }
webs() { seq -f 'web%g' 1 "$N_WEB"; }
pid_of() { cat "$RUN/$1.pid" 2>/dev/null || true; }
runs() { local pid; pid="$(pid_of "$1")"; [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$(ps -o stat= -p "$pid" | cut -c1)" != Z ]; }

# Postgres will not run as root: then it runs as the user that its package made.
AS_POSTGRES=(env)
[ "$(id -u)" != 0 ] || AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --clear-groups)

secret() { [ -s "$DIR/$1" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$DIR/$1"; cat "$DIR/$1"; }

# launch NAME COMMAND…: in the background, in a session of its own, its pid noted.
launch() {
    local name="$1"; shift
    setsid "$@" >> "$LOG/$name.log" 2>&1 < /dev/null &
    echo $! > "$RUN/$name.pid"
}

wait_for() { # NAME SECONDS COMMAND…
    local name="$1" n=$(($2 * 10)); shift 2
    until "$@" > /dev/null 2>&1; do
        n=$((n - 1)); [ "$n" -gt 0 ] || { tail -5 "$LOG/$name.log" >&2; die "$name does not answer (see $LOG/$name.log)"; }
        runs "$name" || { tail -5 "$LOG/$name.log" >&2; die "$name ended (see $LOG/$name.log)"; }
        sleep 0.1
    done
}

port_answers() { (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
http_ok() { "$PYTHON" - "$1" <<'PY'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=3)
PY
}

maru_env() {
    export MARU_DATA_DIR="$DIR/maru" HOST=127.0.0.1 TRUSTED_PROXIES=127.0.0.1 PYTHONUNBUFFERED=1
    export DATABASE_URL="postgres://maru:$(secret postgres_password)@127.0.0.1:$PG_PORT/maru"
    export REDIS_URL="redis://:$(secret redis_password)@127.0.0.1:$REDIS_PORT/0"
    export CHROMA_URL="http://127.0.0.1:$CHROMA_PORT"
    unset MARU_DATA_DIR_FILE HOST_FILE DATABASE_URL_FILE REDIS_URL_FILE CHROMA_URL_FILE
}

start_postgres() {
    [ -n "$PG_BIN" ] || die "no Postgres: apt-get install postgresql"
    if [ ! -s "$DIR/postgres/PG_VERSION" ]; then
        mkdir -p "$DIR/postgres"; secret postgres_password > /dev/null
        local password="$DIR/postgres_password"
        if [ "$(id -u)" = 0 ]; then
            chown postgres: "$DIR/postgres"; reach "$DIR"
            password="$RUN/initdb_password"; install -o postgres -m 400 "$DIR/postgres_password" "$password"; chmod a+x "$RUN"
        fi
        "${AS_POSTGRES[@]}" "$PG_BIN/initdb" -D "$DIR/postgres" -U maru --pwfile="$password" -E UTF8 --locale=C.UTF-8 -A scram-sha-256 \
            > "$LOG/initdb.log" 2>&1 || { tail -5 "$LOG/initdb.log" >&2; die "initdb failed"; }
        rm -f "$RUN/initdb_password"
    fi
    # As in life: full durability. 16 connections for each web process, and some for people.
    launch postgres "${AS_POSTGRES[@]}" "$PG_BIN/postgres" -D "$DIR/postgres" -c listen_addresses=127.0.0.1 -p "$PG_PORT" \
        -c unix_socket_directories= -c max_connections=$((N_WEB * 40 + 20)) -c log_min_messages=warning
    wait_for postgres 30 "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$PG_PORT"
    PGPASSWORD="$(secret postgres_password)" "$PG_BIN/psql" -qAt -h 127.0.0.1 -p "$PG_PORT" -U maru -d postgres \
        -c "SELECT 1 FROM pg_database WHERE datname = 'maru'" | grep -q 1 ||
        PGPASSWORD="$(secret postgres_password)" "$PG_BIN/createdb" -h 127.0.0.1 -p "$PG_PORT" -U maru maru
}
reach() { local folder="$1"; while [ "$folder" != / ]; do chmod a+x "$folder"; folder="$(dirname "$folder")"; done; }

start_redis() {
    command -v redis-server > /dev/null || die "no Redis: apt-get install redis-server"
    printf '%s\n' "bind 127.0.0.1" "port $REDIS_PORT" "requirepass $(secret redis_password)" 'save ""' "appendonly no" \
        "dir $RUN" "maxmemory 256mb" "maxmemory-policy volatile-lru" > "$RUN/redis.conf"
    launch redis redis-server "$RUN/redis.conf"
    wait_for redis 10 port_answers "$REDIS_PORT"
}

start_chroma() {
    [ "$CHROMA" = on ] || return 0
    ANONYMIZED_TELEMETRY=FALSE launch chroma "$(dirname "$PYTHON")/chroma" run --path "$DIR/chroma" --host 127.0.0.1 --port "$CHROMA_PORT"
    wait_for chroma 40 port_answers "$CHROMA_PORT"
}

start_engine() {
    case ",$ENGINES," in *,local,*) ;; *) return 0 ;; esac
    maru_env
    ENGINES=local launch engine "$PYTHON" "$ROOT/manage.py" engine
    wait_for engine 60 test -S "$DIR/maru/engine-host.sock"
}

start_web() { # webN
    maru_env
    local port=$((PORT + ${1#web}))
    local quiet=()
    [ "$1" = web1 ] || quiet=(--quiet) # one of them makes the setup code
    ENGINES="${ENGINES//local/unix:}" PORT="$port" launch "$1" "$PYTHON" "$ROOT/manage.py" serve "${quiet[@]}"
    [ "${2:-}" = later ] || wait_for "$1" 90 http_ok "http://127.0.0.1:$port/healthz"
}

start_nginx() {
    command -v nginx > /dev/null || die "no nginx: apt-get install nginx"
    local folder="$DIR/nginx"
    mkdir -p "$folder/site" "$RUN/nginx"
    cp -r "$ROOT/docker/nginx/nginx.conf" "$ROOT/docker/nginx/errors.conf" "$ROOT/docker/nginx/pages" "$folder/"
    printf '%s\n' "pid $RUN/nginx.master.pid;" "error_log $LOG/nginx.log warn;" "worker_processes 2;" "daemon off;" > "$folder/site/main.conf"
    [ "$(id -u)" != 0 ] || echo "user root;" >> "$folder/site/main.conf"
    sed -e "s#/tmp/#$RUN/nginx/#; s#/dev/stdout#$LOG/access.log#" "$ROOT/docker/nginx/site/http.conf" > "$folder/site/http.conf"
    for web in $(webs); do echo "server 127.0.0.1:$((PORT + ${web#web})) max_fails=3 fail_timeout=2s;"; done > "$folder/site/upstreams.conf"
    echo "listen 127.0.0.1:$PORT backlog=4096;" > "$folder/site/listen.conf"
    nginx -t -q -p "$folder" -c nginx.conf 2>> "$LOG/nginx.log" || { tail -3 "$LOG/nginx.log" >&2; die "nginx.conf is not right"; }
    launch nginx nginx -p "$folder" -c nginx.conf
    wait_for nginx 10 port_answers "$PORT"
}

start() {
    case "$1" in
        web[0-9]*) start_web "$@" ;;
        nginx | engine | redis | postgres | chroma) "start_$1" ;;
        *) die "“$1” is none of: nginx $(webs | tr '\n' ' ')engine redis postgres chroma" ;;
    esac
}

stop() { # NAME [SIGNAL]
    local pid signal="${2:-TERM}" n=400
    pid="$(pid_of "$1")"
    [ "$1" != postgres ] || [ "$signal" != TERM ] || signal=INT # fast shutdown: clients that stay connected are no reason to wait
    if runs "$1"; then
        kill "-$signal" "$pid"
        while runs "$1"; do n=$((n - 1)); [ "$n" -gt 0 ] || { kill -KILL "$pid"; break; }; sleep 0.1; done
    fi
    rm -f "$RUN/$1.pid"
}

up() {
    for name in postgres redis chroma; do runs "$name" || start "$name"; done
    maru_env
    "$PYTHON" "$ROOT/manage.py" migrate --noinput -v 0
    runs engine || start engine
    local fresh=()
    for web in $(webs); do runs "$web" || { start_web "$web" later; fresh+=("$web"); }; done
    for web in "${fresh[@]}"; do wait_for "$web" 90 http_ok "http://127.0.0.1:$((PORT + ${web#web}))/healthz"; done
    runs nginx || start nginx
    echo "Maru is open at http://127.0.0.1:$PORT/ ($N_WEB web processes; everything under $DIR)"
    grep -ho "Setup code.*" "$LOG/web1.log" | tail -1 || true
}

down() {
    stop nginx QUIT
    for web in $(webs); do stop "$web" & done
    wait
    for name in engine chroma redis postgres; do stop "$name"; done
}

status() {
    local is_well=0
    for name in nginx $(webs) engine redis postgres chroma; do
        if runs "$name"; then echo "$name  running (pid $(pid_of "$name"))"; elif [ -e "$RUN/$name.pid" ]; then echo "$name  DEAD"; is_well=1; fi
    done
    if http_ok "http://127.0.0.1:$PORT/readyz" 2>/dev/null; then echo "ready"; else echo "NOT READY"; is_well=1; fi
    return "$is_well"
}

case "${1:-}" in
    up | down | status) "$1" ;;
    start) start "${2:?name}" ;;
    stop) stop "${2:?name}" ;;
    kill) stop "${2:?name}" KILL ;;
    roll) for web in $(webs); do stop "$web"; start_web "$web"; done ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
