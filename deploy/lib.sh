# shellcheck shell=bash
# What ./run, ./test and deploy/local-postgres share. Sourced, never run; needs bash, coreutils, util-linux and /proc.

say() { printf '%s\n' "$@"; } # a line an argument
warn() { say "$@" >&2; }
die() {
    warn "${0##*/}: $1"
    shift
    (($# == 0)) || printf '  %s\n' "$@" >&2
    exit 1
}

# Whatever ends a script unforeseen says where: `set -e` alone is silent.
set -E
trap 'warn "${0##*/}: line $LINENO failed with exit code $?: $BASH_COMMAND"' ERR

secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# --- ports ----------------------------------------------------------------------------------------------------------

# Reads the kernel's table instead of connecting: it disturbs nobody, and sees a listener that does not answer.
port_taken() {
    local hex table sockets
    printf -v hex '%04X' "$1"
    for table in /proc/net/tcp /proc/net/tcp6; do
        # local address:port, remote address:port, 0A = listening
        { sockets=$(<"$table"); } 2>/dev/null && [[ $sockets =~ :$hex\ [0-9A-F]+:[0-9A-F]+\ 0A\  ]] && return 0
    done
    return 1
}

# Below 32768 the kernel hands out no port to outgoing connections, so a port that is free here stays free.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        port_taken "$port" || break
    done
    say "$port"
}

# --- processes ------------------------------------------------------------------------------------------------------

# A process is its pid, the tick it started at and the boot it started in: pids are recycled, this triple is not.
# Prints nothing and fails for a process that is gone or only waits to be reaped.
identity() {
    local stat fields boot
    # Not $(<file): where the process vanishes between the opening and the reading, bash ends the whole script.
    { read -r stat <"/proc/$1/stat" && read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }" # the name in parentheses may hold spaces
    [[ ${fields[0]} != [ZX] ]] || return 1
    say "$1 ${fields[19]} $boot"
}

seconds_up() {
    local up start
    read -r up _ </proc/uptime
    read -r _ start _ <<<"$(identity "$1")" || return 1
    say $((${up%.*} - start / $(getconf CLK_TCK)))
}

# --- engine and build (the caller sets ROOT) ------------------------------------------------------------------------

export MSBUILDDISABLENODEREUSE=1 # no build node outlives its command: it would hold on to our terminal and locks

need_dotnet() {
    command -v dotnet >/dev/null || die "the .NET SDK is missing (dotnet is not on the PATH)." \
        "Install .NET 10: 'apt-get install dotnet-sdk-10.0' where the distribution has it, else https://dot.net/download"
}

# Sets ENGINE, says which one in a line, and leaves the choice for a plain `dotnet build` in engine.props.
choose_engine() {
    local why props
    mkdir -p "$ROOT/.data"
    case ${GRAIN_ENGINE:-} in
    "")
        if orleans_restores; then
            ENGINE=orleans why="its packages restore here; GRAIN_ENGINE=embedded runs the small one of this repository"
        else
            ENGINE=embedded why="$(missing_orleans)"
        fi
        ;;
    embedded) ENGINE=embedded why="GRAIN_ENGINE asks for it" ;;
    orleans)
        ENGINE=orleans why="GRAIN_ENGINE asks for it"
        orleans_restores again || die "$(missing_orleans)." "Use another source, or the embedded engine: GRAIN_ENGINE=embedded."
        ;;
    *) die "GRAIN_ENGINE is '$GRAIN_ENGINE'." "Set it to orleans or embedded, or unset it." ;;
    esac
    say "Engine: $ENGINE ($why)"

    props="<Project><PropertyGroup><GrainEngine Condition=\"'\$(GrainEngine)' == ''\">$ENGINE</GrainEngine></PropertyGroup></Project>"
    # Written only when it changes, so that MSBuild's own up-to-date check keeps working.
    [[ -f $ROOT/engine.props && $(<"$ROOT/engine.props") == "$props" ]] || say "$props" >"$ROOT/engine.props"
}

# Orleans runs wherever all the packages of it that we use restore, with theirs. What was found out holds for the day; that they do not restore is
# asked again by whoever insists.
orleans_restores() { # orleans_restores [again]
    local answer=$ROOT/.data/orleans-restores day found
    { read -r day found <"$answer"; } 2>/dev/null || true
    # Without an answer behind the day, whoever asked was killed meanwhile.
    if [[ ${day:-} != "$(date +%F)" || ! ${found:-} || (${1:-} && $found != yes) ]]; then
        found=$(probe_orleans)
        say "$(date +%F) $found" >"$answer"
    fi
    [[ $found == yes ]]
}

missing_orleans() {
    local found
    read -r _ found <"$ROOT/.data/orleans-restores"
    say "$found"
}

# Prints yes, or why not; a throw-away project finds out.
probe_orleans() {
    local probe version output missing
    version=$(sed -n 's:.*<OrleansVersion>\(.*\)</OrleansVersion>.*:\1:p' "$ROOT/Directory.Packages.props")
    probe=$(mktemp -d)
    {
        say '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>'
        sed -n "s/.*<PackageVersion \(Include=\"Microsoft\.Orleans\.[^\"]*\"\).*/<PackageReference \1 Version=\"[$version]\" \/>/p" "$ROOT/Directory.Packages.props"
        say '</ItemGroup></Project>'
    } >"$probe/probe.csproj"
    [[ ! -f $ROOT/nuget.config ]] || cp "$ROOT/nuget.config" "$probe"
    if output=$(timeout 90 dotnet restore "$probe/probe.csproj" 2>&1 9>&-); then
        say yes
    else
        # NU1101, NU1102, NU1103: the source answered that it has no such package or version.
        missing=$(sed -nE 's/.*NU110[123]: [^.]* (Microsoft\.Orleans\.[A-Za-z.]*[A-Za-z]).*/\1/p' <<<"$output" | sort -u | tr '\n' ' ')
        if [[ $missing ]]; then say "the package source lacks ${missing% }, version $version"; else say "the package source did not answer for Microsoft Orleans $version"; fi
    fi
    rm -rf "$probe"
}

# Changes with any source file, added, changed or deleted, and with the engine.
fingerprint() {
    {
        say "$ENGINE"
        cd "$ROOT" || exit
        find . \( -name '.?*' -o -name bin -o -name obj -o -name node_modules -o -name TestResults \) -prune -o \
            -type f \( -name '*.cs' -o -name '*proj' -o -name '*.props' -o -name '*.targets' -o -name '*.sln' -o -name '*.sql' \
            -o -name '*.json' -o -name '*.txt' -o -path '*/wwwroot/*' \) -printf '%p %s %T@\n' 2>/dev/null | sort || true # a file may vanish meanwhile
    } | sha256sum | cut -d' ' -f1
}

# build CONFIGURATION: builds the solution for ENGINE unless that very state of the sources is built already.
build() {
    local configuration=$1 stamp=$ROOT/.data/built-$1 now
    (
        exec 8>"$ROOT/.data/build.lock"
        flock 8
        now=$(fingerprint)
        if built "$configuration" && [[ -f $stamp && $(<"$stamp") == "$now" ]]; then exit 0; fi
        say "Building ($configuration) ..."
        rm -f "$stamp"
        dotnet build "$ROOT/PaymentsOrleans.sln" -c "$configuration" -p:GrainEngine="$ENGINE" \
            --nologo -v quiet -clp:NoSummary </dev/null 8>&- 9>&- || exit 1
        say "$now" >"$stamp"
    ) || die "the build failed; its errors are above."
}

dll() { # dll CONFIGURATION silo|client-api|gateway-simulator|tools|benchmarks
    case $2 in
    client-api) say "$ROOT/client-api/host/bin/$1/net10.0/Payments.ClientApi.Host.dll" ;;
    benchmarks) say "$ROOT/benchmarks/bin/$1/net10.0/Payments.Benchmarks.dll" ;;
    silo) say "$ROOT/silo/bin/$1/net10.0/Payments.Silo.dll" ;;
    gateway-simulator) say "$ROOT/gateway-simulator/bin/$1/net10.0/Payments.GatewaySimulator.dll" ;;
    tools) say "$ROOT/tools/bin/$1/net10.0/payments.dll" ;;
    esac
}

built() {
    local program
    for program in silo client-api gateway-simulator tools; do [[ -f $(dll "$1" "$program") ]] || return 1; done
}
