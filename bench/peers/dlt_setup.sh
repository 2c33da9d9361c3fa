#!/usr/bin/env bash
# dlt in an environment of its own: dlt_setup.sh FOLDER. The client's own configuration says where packages come from.
set -euo pipefail
[ -x "$1/bin/python" ] || python3 -m venv "$1"
"$1/bin/pip" install --quiet 'dlt==1.31.0' 'paramiko==5.1.0'
