#!/bin/sh
# bootstrap.sh PYTHON VENV: a virtual environment with exactly the pinned tools and the project itself, editable.
set -eu
python=$1
venv=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never

fail() {
    echo "bootstrap: $1" >&2
    exit 1
}

recent_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in "$python" python3.13 python3.12 python3.11 python3.14; do
        if recent_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; name it with make PYTHON3=/path/to/python"
}

# Debian ships venv without ensurepip: then the machine's own pip fills the environment from outside.
create() {
    "$base" -m venv --clear --without-pip "$venv" 2>/dev/null && install_uv "$base -m pip --python $venv/bin/python" && return
    "$base" -m venv --clear "$venv" 2>/dev/null && install_uv "$venv/bin/python -m pip"
}

install_uv() {
    $1 install --quiet --require-hashes --requirement requirements/bootstrap.txt 2>"$venv/bootstrap.log"
}

install_system_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "bootstrap: installing $* with apt-get" >&2
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

# Signatures are OpenSSH's. Where it cannot be had, their tests are skipped, and the demo shows what goes without.
provide_openssh() {
    command -v ssh-keygen >/dev/null && command -v ssh-agent >/dev/null && return
    install_system_packages openssh-client ||
        echo "bootstrap: no ssh-keygen, so the tests of signatures will be skipped (Debian, Ubuntu: apt-get install openssh-client)" >&2
}

# pip obeys settings (proxies, mirrors) that uv does not read, so it is the second try.
install_all() {
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/dev.txt 2>"$venv/uv.log" ||
        "$base" -m pip --python "$venv/bin/python" install --quiet --require-hashes -r requirements/dev.txt || {
        cat "$venv/uv.log" >&2
        fail "the packages in requirements/dev.txt could not be installed"
    }
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --offline --editable . ||
        fail "the project could not be installed into $venv"
}

base=$(find_python)
if [ -n "${PIP_INDEX_URL:-}" ]; then
    export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
fi
if ! recent_enough "$venv/bin/python" || ! [ -x "$venv/bin/uv" ]; then
    create || { install_system_packages python3-venv python3-pip && create; } || {
        [ -f "$venv/bootstrap.log" ] && cat "$venv/bootstrap.log" >&2
        fail "no virtual environment: install pip and the venv module (Debian, Ubuntu: apt-get install python3-venv python3-pip)"
    }
fi
install_all
provide_openssh
