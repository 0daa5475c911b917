"""Where a model is: the one answer that every sentence about it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.site import Site

# Not on this device; kept by this browser; on its way; ready to run; its load failed.
REMOTE, STORED, LOADING, OPEN, FAILED = "remote", "stored", "loading", "open", "failed"
STATES = (REMOTE, STORED, LOADING, OPEN, FAILED)
# What the engine's stage says of its own model.
OF_STAGE = {
    "download": LOADING,
    "session": LOADING,
    "ready": OPEN,
    "running": OPEN,
    "failed": FAILED,
}


def model_state(site: Site, model_id: str) -> str:
    """One of STATES, for a model of this build."""
    if site.engine.model == model_id and site.engine.stage in OF_STAGE:
        return OF_STAGE[site.engine.stage]
    return STORED if model_id in site.stored else REMOTE


def costs_a_download(site: Site, model_id: str) -> bool:
    """Whether running it would have to fetch it first."""
    return model_state(site, model_id) in {REMOTE, FAILED} and model_id not in site.stored
