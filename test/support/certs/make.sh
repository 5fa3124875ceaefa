#!/bin/sh
# Makes the certificates beside this script, valid until 2126. Run it only to replace them: tests use the committed
# files, so that they need no openssl.
set -eu
cd "$(dirname "$0")"
days=$(( ($(date -d 2126-01-01 +%s) - $(date +%s)) / 86400 ))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

authority() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -x509 -new -key "$work/$1.key" -days "$days" -subj "/CN=$2" -out "$1.pem" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

leaf() {
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$work/$1.csr"
  printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\n%s\n' "$3" "$4" > "$work/$1.ext"
  openssl x509 -req -in "$work/$1.csr" -CA ca.pem -CAkey "$work/ca.key" -CAcreateserial -CAserial "$work/serial" \
    -days "$days" -extfile "$work/$1.ext" -out "$1.pem"
}

authority ca 'Test authority'
authority other-ca 'Unrelated authority'
leaf server localhost serverAuth 'subjectAltName=DNS:localhost,IP:127.0.0.1'
leaf client test-client clientAuth 'subjectAltName=DNS:test-client'
