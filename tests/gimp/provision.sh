#!/bin/bash
# Installs real GIMPs for the tests, each into a chroot of its own, from the Debian mirror that apt already uses.
#
#   provision.sh [2.10] [3.0] [3.2]        (default: 2.10 3.0)
#
# Needs a Debian machine and root. Gives, in ${RESTORE_STATUE_FACE_CACHE:-$HOME/.cache/restore-statue-face}/gimp,
# root-2.10, root-3.0, root-3.2 and a tarball of each. A root whose stamp fits is left alone (0.1 s), else unpacked
# from its tarball (2 s), else built (about 45 s). Nothing is mounted, so a root can be removed at any time, and
# nothing is written elsewhere but a few packages that the host itself needs.
set -eu
LAB=${RESTORE_STATUE_FACE_CACHE:-$HOME/.cache/restore-statue-face}/gimp
WANT=${*:-2.10 3.0}
RECIPE=5 # raise it when what is built changes: the cached roots are then thrown away
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }
inside() { # ROOT COMMAND...: run it in the chroot with a clean environment
    local root=$1
    shift
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"
}

host_packages() {
    local need=""
    # without apt's lists there is no mirror to be read either
    apt-cache show debootstrap >/dev/null 2>&1 || apt-get update -qq
    command -v debootstrap >/dev/null || need="$need debootstrap"
    command -v zstd >/dev/null || need="$need zstd"
    command -v Xvfb >/dev/null || need="$need xvfb"
    command -v xdotool >/dev/null || need="$need xdotool"
    command -v import >/dev/null || need="$need imagemagick"
    [ -z "$need" ] && return
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 $need >"$LAB/host-apt.log" 2>&1 \
        || { tail -20 "$LAB/host-apt.log"; return 1; }
    say "host packages:$need"
}

mirror() {
    local name
    name=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $name" 'Component: main' | head -1
}

recipe() { # VERSION: sets suite, packages, script
    # python3-gi and the introspection data are what plug-ins need; without gir1.2-gimp-3.0, a mere recommendation,
    # every Python plug-in of GIMP 3 is silently absent.
    script=
    case $1 in
        2.10) suite=bookworm packages="gimp librsvg2-common python3-gi gir1.2-gtk-3.0" ;;
        3.0) suite=trixie packages="gimp librsvg2-common gir1.2-gimp-3.0 python3-gi" ;;
        3.2) suite=forky packages="gimp librsvg2-common gir1.2-gimp-3.0 python3-gi" ;;
        *) echo "There is no recipe for GIMP $1." >&2; return 1 ;;
    esac
    # an older debootstrap does not know forky, which is built as sid is
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=/usr/share/debootstrap/scripts/sid
}

settings_of_root() { # ROOT
    # the host's own ways to reach the mirror (proxy, certificates), if it has any
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' >"$1/etc/apt/apt.conf.d/00host" || true
    [ -e /etc/resolv.conf ] && cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    cat >"$1/etc/apt/apt.conf.d/99ci" <<'END'
APT::Install-Recommends "0";
Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
END
    cat >"$1/etc/dpkg/dpkg.cfg.d/ci" <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod +x "$1/usr/sbin/policy-rc.d"
}

first_profile() { # VERSION ROOT: a profile with GIMP's cache of its own plug-ins, kept as /lab/profile.clean
    local full
    mkdir -p "$2/lab"
    if [ "$1" = 2.10 ]; then
        inside "$2" GIMP2_DIRECTORY=/lab/profile gimp-console -i -d -f -b '(gimp-quit 0)' >"$LAB/first-$1.log" 2>&1 || true
        printf '(show-tips no)\n(check-updates no)\n(save-session-info no)\n' >"$2/lab/profile/gimprc"
    else
        inside "$2" GIMP3_DIRECTORY=/lab/profile gimp-console -i -d -f --batch-interpreter=python-fu-eval \
            -b 'print(Gimp.version())' --quit >"$LAB/first-$1.log" 2>&1
        full=$(inside "$2" gimp-console --version | sed 's/.* //')
        # config-version keeps the welcome window away, prev-language a second query of all plug-ins
        printf '(prev-language "C.UTF-8")\n(config-version "%s")\n(show-welcome-dialog no)\n' "$full" >"$2/lab/profile/gimprc"
        printf '(check-updates no)\n(save-session-info no)\n' >>"$2/lab/profile/gimprc"
    fi
    cp -a "$2/lab/profile" "$2/lab/profile.clean"
}

build() { # VERSION
    local root=$LAB/root-$1 tarball=$LAB/root-$1.tar.zst stamp="recipe $RECIPE gimp $1" try
    recipe "$1"
    if [ "$(cat "$root/.stamp" 2>/dev/null)" = "$stamp" ]; then
        say "GIMP $1: already there"
        return
    fi
    rm -rf --one-file-system "$root"
    if [ -f "$tarball" ] && [ "$(cat "$tarball.stamp" 2>/dev/null)" = "$stamp" ]; then
        mkdir "$root" && tar -C "$root" -I 'zstd -d' -xf "$tarball" && say "GIMP $1: unpacked" && return
    fi
    # a tarball cut off in the middle leaves half a root behind
    rm -rf --one-file-system "$root" "$tarball" "$tarball.stamp"
    mkdir -p "$LAB/debs/$suite"
    # shellcheck disable=SC2086
    debootstrap --variant=minbase --cache-dir="$LAB/debs/$suite" "$suite" "$root" "$(mirror)" $script \
        >"$LAB/debootstrap-$1.log" 2>&1 || { tail -20 "$LAB/debootstrap-$1.log"; return 1; }
    settings_of_root "$root"
    for try in 1 2; do # a mirror may drop one connection in some hundred
        inside "$root" PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive /bin/sh -c \
            "apt-get update -qq && apt-get -qq -y -o Dpkg::Use-Pty=0 install $packages" >"$LAB/apt-$1.log" 2>&1 && break
        [ "$try" = 1 ] || { tail -20 "$LAB/apt-$1.log"; return 1; }
    done
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    first_profile "$1" "$root"
    echo "$stamp" >"$root/.stamp"
    tar -C "$root" -cf - . | zstd -q -T0 -3 -f -o "$tarball.new" && mv "$tarball.new" "$tarball"
    echo "$stamp" >"$tarball.stamp"
    say "GIMP $1: built, $(du -sm "$root" | cut -f1) MB, tarball $(du -m "$tarball" | cut -f1) MB"
}

[ "$(id -u)" = 0 ] || { echo "Only root can make and enter a chroot." >&2; exit 1; }
mkdir -p "$LAB/debs"
exec 9>"$LAB/.lock"
flock 9 # two runs on one cache would break each other
host_packages
jobs=""
for version in $WANT; do
    build "$version" &
    jobs="$jobs $!"
done
bad=
for job in $jobs; do wait "$job" || bad=1; done
[ -z "$bad" ] || { echo "The GIMPs could not be provisioned." >&2; exit 1; }
for version in $WANT; do
    full=$(inside "$LAB/root-$version" gimp-console --version)
    case $full in
        *" $version."*) say "$full" ;;
        *) echo "The mirror has moved on: root-$version holds $full." >&2; exit 1 ;;
    esac
done
