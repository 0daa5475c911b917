"""Where a model is, what it costs, what works offline: one answer for every sentence about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.cards import ModelCard
    from seethrough.app.site import Site

# Not on this device; kept by this browser; on its way; ready to run; its load failed.
REMOTE, STORED, LOADING, OPEN, FAILED = "remote", "stored", "loading", "open", "failed"
STATES = (REMOTE, STORED, LOADING, OPEN, FAILED)
# What works without a connection: nothing; the page and the walks that were opened; all recorded
# walks; a text of one's own too.
NOTHING, OPENED, WALKS, ALL = "nothing", "opened", "walks", "all"
LEVELS = (NOTHING, OPENED, WALKS, ALL)
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


def first_model(site: Site) -> ModelCard | None:
    """The model that a text of one's own runs with: the one used last, else the default."""
    chosen = (card for card in site.models if card.id == site.device.model)
    return next(chosen, site.models[0] if site.models else None)


def price_bytes(site: Site, model_id: str) -> int:
    """What running a model fetches first, the engine included; 0 where all of it is here."""
    if model_state(site, model_id) == OPEN or model_id in site.stored:
        return 0
    whole = (card.download_bytes for card in site.models if card.id == model_id)
    return site.offline.to_fetch.get(model_id) or next(whole, 0)


def ready_bytes(site: Site) -> int:
    """What making this device ready for offline use fetches; 0 where it is ready.

    The recorded walks come by themselves, but where the reader saves data.
    """
    card = first_model(site)
    model = 0 if card is None or card.id in site.stored else price_bytes(site, card.id)
    walks = (site.offline.walks_bytes or 0) if site.device.saves_data else 0
    return model + walks + site.offline.maps_bytes


def offline_level(site: Site) -> str:
    """One of LEVELS: what works now without a connection."""
    if not site.offline.is_served or not site.device.has_store:
        return NOTHING
    if site.offline.walks_bytes != 0:
        return OPENED
    card = first_model(site)
    is_all = card is not None and card.id in site.stored and not site.offline.maps_bytes
    return ALL if is_all else WALKS


def opens_unasked(site: Site, model_id: str) -> bool:
    """Whether a model may be opened without being asked for: it is here, and not unwanted."""
    return model_id in site.stored and not site.is_recordings_only


def lacks_memory(site: Site, card: ModelCard) -> bool:
    """Whether this device is known to have too little memory for a model in any mode."""
    memory, needs = site.device.memory_bytes, card.mode_bytes.values()
    return memory is not None and bool(needs) and memory < min(needs)
