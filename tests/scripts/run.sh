#!/usr/bin/env bash
# ./run brings back what was killed, touches no stranger and leaves nothing behind. The programs are stand-ins: what is
# tried here is the script.
set -euo pipefail
ROOT=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..
TEMP=$(mktemp -d)
mkdir "$TEMP/bin"
cp -r "$ROOT/run" "$ROOT/deploy" "$ROOT/Directory.Packages.props" "$TEMP"
cd "$TEMP"
# shellcheck source=../../deploy/lib.sh
source deploy/lib.sh
trap './run down >/dev/null; deploy/local-postgres drop .data/postgres; rm -rf "$TEMP"' EXIT

# perl is part of every Debian; bash alone cannot listen.
cat >bin/dotnet <<'PERL'
#!/usr/bin/perl
use strict; use IO::Socket::INET;
my ($what, @args) = @ARGV;
if ($what eq 'build') {
    for ('silo/bin/Release/net10.0/Payments.Silo.dll', 'client-api/host/bin/Release/net10.0/Payments.ClientApi.Host.dll', 'gateway-simulator/bin/Release/net10.0/Payments.GatewaySimulator.dll',
        'tools/bin/Release/net10.0/payments.dll') {
        m{(.*)/}; system 'mkdir', '-p', $1; open my $file, '>', $_;
    }
} elsif ($what eq 'restore') {
    exit 0; # the packages of Orleans are there
} elsif ($what =~ /payments\.dll$/) {
    exit 0 if $args[0] =~ /^(migrate|init)$/;
    print "@args\n"; exit 7; # the exit code of the tool is the exit code of ./run
} else {
    my $url = $what =~ /Silo|ClientApi/ ? $ENV{PAYMENTS_URL} : $ENV{SIMULATOR_URL};
    my $server = IO::Socket::INET->new(LocalAddr => $url =~ m{//(.*)}, Listen => 9, ReuseAddr => 1) or die "cannot listen: $!";
    $SIG{TERM} = sub { exit 0 };
    while (1) {
        my $client = $server->accept or next;
        while (<$client>) { last if /^\r?$/ }
        print $client "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    }
}
PERL
chmod +x bin/dotnet
export PATH=$TEMP/bin:$PATH GRAIN_ENGINE=embedded
PAYMENTS_PORT=$(free_port) PAYMENTS_SIMULATOR_PORT=$(free_port)
export PAYMENTS_PORT PAYMENTS_SIMULATOR_PORT

fail() { say "$@" && exit 1; }
expect() { # expect WHAT PATTERN COMMAND...: the command succeeds and says so
    local what=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1) || fail "$what: exit $?" "$output"
    # shellcheck disable=SC2053 # a pattern is what it is
    [[ $output == $pattern ]] || fail "$what: expected $pattern" "$output"
}
refuse() { # the command fails, and its message names what to do
    local what=$1 pattern=$2 output
    shift 2
    if output=$("$@" 2>&1); then fail "$what: should have failed" "$output"; fi
    # shellcheck disable=SC2053
    [[ $output == $pattern ]] || fail "$what: expected $pattern" "$output"
}
pid() { cut -d' ' -f1 ".data/run/$1.pid"; }

refuse "status when down" "*down*" ./run status
expect "up" "*is up*Idempotency-Key*" ./run up --nodes 2
expect "status" "*node-1*" ./run status
expect "up again" "*runs already*" ./run up
refuse "demo's exit code" "*demo --api http*,http*--count 3*" ./run demo --count 3

node=$(pid node-1)
kill -KILL "$(pid node-0)" "$(pid simulator)"
deploy/local-postgres kill .data/postgres
refuse "status after kills" "*down*" ./run status
expect "up after kills" "*is up*" ./run up
[[ $(pid node-1) == "$node" ]] || fail "up restarted a node that was well"
expect "status after up" "*node-1*" ./run status

# A pid that was recycled is a stranger's.
sleep 60 &
stranger=$!
kill -KILL "$node"
say "$stranger 1 $(</proc/sys/kernel/random/boot_id) http://127.0.0.1:1" >.data/run/node-1.pid
expect "down" "*Stopping node-0*" ./run down
kill "$stranger" || fail "down killed a stranger"

# The foreground restarts what dies, and ends on a signal with everything it started.
./run >foreground.log 2>&1 &
foreground=$!
for ((i = 0; i < 300; i++)); do
    grep -q 'Ctrl-C stops it' foreground.log && break
    sleep 0.1
done
expect "run beside run" "*runs already*foreground*" ./run
kill -KILL "$(pid node-0)"
sleep 2.5
expect "supervised" "*node-0*" ./run status
kill -TERM "$foreground"
wait "$foreground" || fail "the foreground's exit code: $?" "$(<foreground.log)"
refuse "status after the foreground" "*down*" ./run status

# Somebody else's port.
PAYMENTS_URL=http://127.0.0.1:$PAYMENTS_PORT dotnet Silo &
stranger=$!
sleep 0.5
refuse "a taken port" "*$PAYMENTS_PORT is taken*PAYMENTS_PORT=*" ./run up
kill "$stranger"

# Nodes and front ends of an Orleans cluster: clients and processor are sent to the front ends, which go first.
expect "embedded nodes need no front ends" "*nodes serve HTTP themselves*" ./run up --silos 2
[[ ! -e .data/run/front-end-0.pid ]] || fail "a front end on the embedded engine"
expect "down" "*Stopping node-0*" ./run down
export GRAIN_ENGINE=orleans
expect "silos" "*API*$((PAYMENTS_PORT + 200)), http*$((PAYMENTS_PORT + 201))*" ./run up --silos 2
kill -KILL "$(pid front-end-1)"
refuse "status without a front end" "*front-end-1*down*" ./run status
expect "up with a front end" "*is up*" ./run up
expect "status with front ends" "*node-1*front-end-0*front-end-1*" ./run status
refuse "demo through front ends" "*demo --api http*:$((PAYMENTS_PORT + 200)),http*" ./run demo
expect "fewer" "*Stopping front-end-1*" ./run up --nodes 2 --front-ends 1
refuse "too many" "*0 to 9*" ./run up --front-ends 10
expect "down in order" "*Stopping front-end-0*Stopping node-0*Stopping simulator*" ./run down
