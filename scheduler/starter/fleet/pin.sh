#!/bin/sh
# Pins each image of compose.yaml and Containerfile to what its tag means today: NAME:TAG becomes NAME:TAG@sha256:…
#   sh pin.sh        needs docker with buildx and a way to the registries; commit what it changed
# To follow a tag anew: delete what stands behind its @, and type it again.
set -eu
cd "$(dirname "$0")"
for image in $(sed -nE 's/^ *(image:|FROM) (docker\.io\/[^ @]+)( .*)?$/\2/p' compose.yaml Containerfile | sort -u); do
    digest=$(docker buildx imagetools inspect "$image" | awk '$1 == "Digest:" { print $2; exit }')
    case $digest in
        sha256:*) ;;
        *) echo "$image: the registry tells no digest" >&2; exit 1 ;;
    esac
    sed -i -E "s|^( *(image:\|FROM) $image)( .*)?\$|\\1@$digest\\3|" compose.yaml Containerfile
    echo "$image@$digest"
done
