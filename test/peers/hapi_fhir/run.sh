#!/bin/sh
# Builds (once) and starts the HAPI FHIR JPA peer; prints `READY <base>` when it answers. Needs Java 17+ and Maven.
# `run.sh build` only builds. Environment: PORT (0 = any free one), JDBC_URL, JDBC_USER, JDBC_PASSWORD, VALIDATE=1,
# SUBSCRIPTION_POLL_MS, HAPI_HEAP (640m), HAPI_LOG (error), XDG_CACHE_HOME.
# What is built stays in the cache, outside the checkout, under the checksum of its sources. A class-data archive,
# written when a first run is stopped by SIGTERM, makes later starts about twice as fast.
set -e
here=$(cd "$(dirname "$0")" && pwd)
sum=$(cat "$here/pom.xml" "$here/src/main/java/HapiPeer.java" | cksum | cut -d' ' -f1)
home="${XDG_CACHE_HOME:-$HOME/.cache}/firth/hapi_fhir-$sum"

build() {
  [ -f "$home/built" ] && return
  echo "building the HAPI peer in $home (about 210 MB, once)" >&2
  # Built beside and renamed, so that two callers, or one that was cut off, never leave half of it.
  work="$home.$$"
  mkdir -p "$work"
  cp -R "$here/pom.xml" "$here/src" "$work/"
  (cd "$work" && mvn -q -B package) >&2
  touch "$work/built"
  mv -T "$work" "$home" 2>/dev/null || rm -rf "$work"
}

build
[ "$1" = build ] && exit 0
archive="$home/cds.jsa"
if [ -f "$archive" ]; then share="-XX:SharedArchiveFile=$archive"
else share="-XX:ArchiveClassesAtExit=$archive"; fi
exec java -Xmx"${HAPI_HEAP:-640m}" -XX:TieredStopAtLevel=1 "$share" -Xlog:cds=off -Xlog:cds+dynamic=off \
  -Dorg.slf4j.simpleLogger.defaultLogLevel="${HAPI_LOG:-error}" \
  -cp "$home/target/hapi-jpa-peer.jar:$home/target/lib/*" HapiPeer
