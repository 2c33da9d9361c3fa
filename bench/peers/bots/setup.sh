#!/usr/bin/env bash
# Bots EDI in an environment of its own: setup.sh FOLDER. It is of 2019: Django 2.2 is the newest that its engine imports, and its SFTP wants
# paramiko and the module `Crypto`. The client's own configuration says where packages come from.
set -euo pipefail
[ -x "$1/bin/python" ] || python3 -m venv "$1"
"$1/bin/pip" install --quiet 'bots-ediint==3.3.1' 'django==2.2.28' 'paramiko==5.1.0' 'pycryptodome>=3.20' 'setuptools<81' 'legacy-cgi; python_version >= "3.13"'
