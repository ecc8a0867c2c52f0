"""The main job on a fresh machine: no account, no network, real recordings and real outputs."""
