"""Kubernetes manifests, as far as the command lines and files of their pods follow from them."""
