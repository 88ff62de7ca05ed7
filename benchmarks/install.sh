#!/usr/bin/env bash
# Install what `make bench` needs, where it may: wrk, pgbench, Go with pgx, and the packages of the Node peer.
#
# Whatever this machine cannot have is named in one line, and is then left out of the comparison.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
build=.artefacts/benchmarks
mkdir -p "$build"

have() { command -v "$1" >/dev/null; }

packages=()
have wrk || packages+=(wrk)
have pgbench || packages+=(postgresql-client-common postgresql-15)
have go || packages+=(golang-go)
[[ -d /usr/share/gocode/src/github.com/jackc/pgx/v4 ]] || packages+=(golang-github-jackc-pgx-v4-dev)
[[ -d /usr/share/gocode/src/github.com/golang-jwt/jwt ]] || packages+=(golang-github-golang-jwt-jwt-dev)
have node || packages+=(nodejs)
have npm || packages+=(npm)
if ((${#packages[@]})); then
    echo "Installing ${packages[*]}"
    .ci/apt "${packages[@]}" || true
fi

if have go && [[ -d /usr/share/gocode/src/github.com/jackc/pgx/v4 ]]; then
    echo "Building the Go peer"
    (cd benchmarks/peers/go && GO111MODULE=off GOPATH=/usr/share/gocode go build -o "../../../$build/go-peer" .) ||
        echo "left out: the Go peer does not build here"
else
    echo "left out: Go, which this machine cannot install (golang-go and golang-github-jackc-pgx-v4-dev of Debian)"
fi

if have node && have npm && (($(node --print 'process.versions.node.split(".")[0]') >= 20)); then
    (cd benchmarks/peers/fastify && npm ci --silent) || echo "left out: the Node peer's packages cannot be installed"
else
    echo "left out: Node, of which Fastify 5 needs 20 or newer"
fi

have pgbench || echo "left out: pgbench, which is in Debian's postgresql"
if ! have wrk; then
    echo "wrk is needed and cannot be installed here: install it by hand" >&2
    exit 1
fi
