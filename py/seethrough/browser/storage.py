"""What this browser keeps of the site: told in the state, taken off the device when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Device, Message, Storage
from seethrough.browser import host

if TYPE_CHECKING:
    from seethrough.app.state import Store


async def look(store: Store) -> None:
    """Put the sizes into the state."""
    told = await host.storage()
    models = told["models"]
    store.replace(
        storage=Storage(
            site_bytes=_whole(told["site"]),
            model_bytes=None if models is None else sum(map(int, models.values())),
            quota_bytes=_whole(told["quota"]),
            is_persisted=told["isPersisted"],
        )
    )


async def use_update(store: Store) -> None:
    """Take the newer version now, or say why it waits."""
    if await host.use_update() == "other-tabs":
        store.replace(notice=Message("update.other_tabs"))


async def remove(store: Store) -> None:
    """Take everything off the device, and say so: a reload would store it all again."""
    await host.remove_all()
    store.replace(stored=frozenset(), notice=Message("about.storage.removed"))
    await look(store)


async def device() -> tuple[Device, frozenset[str]]:
    """What the device is like, and the models that it is known to keep."""
    told = await host.device()
    like = Device(
        may_download=bool(told["mayDownload"]),
        has_store=bool(told["hasStore"]),
        model=str(told["model"]),
        mode=str(told["mode"]),
    )
    return like, frozenset({like.model} if told["isStored"] else ())


def _whole(size: float | None) -> int | None:
    return None if size is None else int(size)
