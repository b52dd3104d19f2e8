#!/bin/sh
# In HAProxy's container, before the image's own start: the user of the Data Plane API out of the secret that the front
# has too, and a first configuration where the volume is empty.
set -eu
umask 077
config_dir=${CONFIG_DIR:-/usr/local/etc/haproxy}
run_dir=${RUN_DIR:-/run}
here=$(dirname "$0")

login=$(sed -n '1s#^https\{0,1\}://\([^/@]*\)@.*$#\1#p' "${DATAPLANE_URL_FILE:?}")
case $login in
  '' | :* | *: | *:*:* | *[!A-Za-z0-9:._~-]*) login= ;;
  *:*) ;;
  *) login= ;;
esac
if [ -z "$login" ]; then
  echo "$DATAPLANE_URL_FILE must hold http://USER:PASSWORD@haproxy:5555, with letters, digits and ._~- in both" >&2
  exit 1
fi
printf 'userlist dataplane\n  user %s insecure-password %s\n' "${login%%:*}" "${login#*:}" > "$run_dir/dataplane-users.cfg"

mkdir -p "$config_dir/maps" "$config_dir/ssl" "$config_dir/general" "$config_dir/spoe"
if [ ! -s "$config_dir/haproxy.cfg" ]; then
  cp "$here/first-start.cfg" "$config_dir/haproxy.cfg.new"
  mv "$config_dir/haproxy.cfg.new" "$config_dir/haproxy.cfg"
fi

exec "$@"
