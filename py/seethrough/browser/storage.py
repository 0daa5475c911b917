"""What this browser keeps of the site: told in the state, taken off the device when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Device, Message, Offline, Preparing, Storage
from seethrough.browser import host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import Store

SITE, ENGINE, WALKS, MODEL = "site", "engine", "walks", "model"


async def look(store: Store) -> None:
    """Put the sizes into the state."""
    told = await host.storage()
    kinds = None if told["files"] is None else by_kind(told["files"])
    models = None if told["models"] is None else sum(map(int, told["models"].values()))
    store.replace(
        storage=Storage(
            site_bytes=None if kinds is None else kinds[SITE],
            engine_bytes=None if kinds is None else kinds[ENGINE],
            walks_bytes=None if kinds is None else kinds[WALKS],
            model_bytes=models if models is None or kinds is None else models + kinds[MODEL],
            run_bytes=None if told["runs"] is None else sum(map(int, told["runs"].values())),
            n_wishes=_whole(told["wishes"]),
            quota_bytes=_whole(told["quota"]),
            is_persisted=told["isPersisted"],
        )
    )


async def use_update(store: Store) -> None:
    """Take the newer version now, or say why it waits."""
    if await host.use_update() == "other-tabs":
        store.replace(notice=Message("update.other_tabs"))


async def remove(store: Store) -> None:
    """Take everything off the device, and say so: a reload would store the page again."""
    await host.remove_all()
    store.replace(
        stored=frozenset(),
        offline=Offline(is_served=False, walks_bytes=0),
        preparing=Preparing(),
        is_recordings_only=False,
        notice=Message("about.storage.removed"),
    )
    await look(store)


async def device() -> Device:
    """What the device is like."""
    told = await host.device()
    memory = told["memoryBytes"]
    return Device(
        has_store=bool(told["hasStore"]),
        model=str(told["model"]),
        mode=str(told["mode"]),
        saves_data=bool(told["savesData"]),
        memory_bytes=None if memory is None else int(memory),
    )


def by_kind(files: Mapping[str, float]) -> dict[str, int]:
    """Bytes of the site's own files, by what they are for."""
    sizes = dict.fromkeys((SITE, ENGINE, WALKS, MODEL), 0)
    for path, size in files.items():
        sizes[kind_of(path)] += int(size)
    return sizes


def kind_of(path: str) -> str:
    """What a file is for: a model's tokeniser is the model's, its manifest is the page's."""
    folder, _, name = path.rpartition("/")
    if folder == "ort":
        return ENGINE
    if "/recordings" in folder:
        return WALKS
    return MODEL if name.startswith("tokenizer") else SITE


def _whole(size: float | None) -> int | None:
    return None if size is None else int(size)
