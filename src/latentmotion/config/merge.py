"""Overlays: one mapping laid over another, key by key."""

import copy


def merge(base: dict, overlay: dict) -> dict:
    """Overlay wins; mappings are merged, everything else is replaced."""
    merged = copy.deepcopy(base)
    for key, value in overlay.items():
        merged[key] = (
            merge(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else value
        )
    return merged
