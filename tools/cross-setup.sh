#!/bin/bash
# Sets up what builds and runs the core's tests for other processors, on an x86-64 Debian 12:
#     tools/cross-setup.sh DIR NAME...        NAME is one of aarch64, s390x, i686, armv7
# and leaves in DIR/NAME/env the variables that cargo needs. What is there already is left as it is.
# Linkers and qemu are installed by apt, as root unless they are there; the compiler stays in DIR.
# It is Debian's, so the digests are also held against a second build of a second version of rustc.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
fail() { echo "cross-setup: $*" >&2; exit 1; }

mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && [ "$(dpkg --print-architecture)" = amd64 ] ||
    fail 'needs an x86-64 Debian 12'

describe() { # sets Rust's name of the target, Debian's and GNU's, and the command that runs its programs
    case $1 in
        aarch64) triple=aarch64-unknown-linux-gnu arch=arm64 gnu=aarch64-linux-gnu qemu=aarch64 ;;
        s390x) triple=s390x-unknown-linux-gnu arch=s390x gnu=s390x-linux-gnu qemu=s390x ;;
        i686) triple=i686-unknown-linux-gnu arch=i386 gnu=i686-linux-gnu qemu=i386 ;;
        armv7) triple=armv7-unknown-linux-gnueabihf arch=armhf gnu=arm-linux-gnueabihf qemu=arm ;;
        *) fail "no target $1: known are aarch64, s390x, i686 and armv7" ;;
    esac
    runner="qemu-$qemu-static -L /usr/$gnu"
}

packages=(qemu-user-static libedit2 libxml2 libz3-4 libzstd1) # the libraries are those of the compiler's LLVM
missing=()
for name; do
    describe "$name"
    packages+=("gcc-$gnu" "libc6-dev-$arch-cross")
    [ -e "$dir/$name/env" ] || missing+=("$name")
done
present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u | wc -l || true)
if [ "$present" -lt "$(printf '%s\n' "${packages[@]}" | sort -u | wc -l)" ]; then
    apt-get update -qq
    apt-get install -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
[ ${#missing[@]} -gt 0 ] || exit 0

# The compiler comes through an apt with its own folder: other architectures and suites than the system's.
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
# from the mirror that the system uses, less the last part of its path
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^ *#' |
    grep -oE 'https?://[^ ]*/debian/?( |$)' | head -n1 | sed -E 's#/debian/? *$##' || true)
[ -n "$mirror" ] || fail 'the sources of apt name no Debian mirror'

fetch() { # SUITE ARCHITECTURES PACKAGE...: unpacked into the compiler's folder
    local suite=$1 arches=$2 root
    shift 2
    root=$(mktemp -d "$work/apt.XXXXXX")
    mkdir -p "$root"/{lists/partial,cache/archives/partial,etc/preferences.d,etc/apt.conf.d}
    touch "$root/status"
    cat >"$root/apt.conf" <<EOF
Dir "$root";
Dir::State "$root";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc "$root/etc";
APT::Architectures { $arches };
APT::Sandbox::User "root";
Acquire::Languages "none";
EOF
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror/$suite main" >"$root/etc/sources.list"
    (
        cd "$root"
        export APT_CONFIG=$root/apt.conf
        apt-get update -qq
        apt-get download -qq "$@"
        for file in *.deb; do dpkg-deb -x "$file" "$dir/rust"; done
    )
}

if [ ! -e "$dir/rust/complete" ]; then
    fetch 'debian-security bookworm-security' '"amd64"' \
        rustc-web libllvm22 libstd-rust-web-1.96 libstd-rust-web-dev
    cat >"$dir/rust/rustc" <<EOF
#!/bin/sh
export LD_LIBRARY_PATH="$dir/rust/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$dir/rust/usr/bin/rustc" "\$@"
EOF
    chmod +x "$dir/rust/rustc"
    touch "$dir/rust/complete"
fi

# The standard library for other processors is in the next release; one version of it is the same in both.
std=() arches='"amd64"'
for name in "${missing[@]}"; do
    describe "$name"
    std+=("libstd-rust-web-dev:$arch")
    arches+="; \"$arch\""
done
fetch 'debian trixie' "$arches" "${std[@]}"

echo 'fn main() { println!("{} {}", std::env::consts::ARCH, cfg!(target_endian = "big")) }' >"$work/try.rs"
for name in "${missing[@]}"; do
    describe "$name"
    "$dir/rust/rustc" --target "$triple" -C linker="$gnu-gcc" -o "$work/$name" "$work/try.rs" ||
        fail "the compiler and its standard library for $name are not of one version"
    $runner "$work/$name" >/dev/null || fail "qemu does not run programs for $name"
    variable=CARGO_TARGET_$(echo "$triple" | tr 'a-z-' 'A-Z_')
    mkdir -p "$dir/$name"
    cat >"$work/env" <<EOF
RUSTC=$dir/rust/rustc
CARGO_BUILD_TARGET=$triple
${variable}_LINKER=$gnu-gcc
${variable}_RUNNER=$runner
EOF
    mv "$work/env" "$dir/$name/env"
done
"$dir/rust/rustc" --version
